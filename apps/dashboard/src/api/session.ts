import { useSyncExternalStore } from 'react';

// What the page shows the API of who sits before it: an API key or a token, kept as long as the tab. Where nobody is asked, there is none.

const tokenKey = 'carillon.token';

interface Session {
  readonly token: string | null;
  /** The API asked who is there, and was not content. */
  readonly isAsked: boolean;
}

let session: Session = { token: window.sessionStorage.getItem(tokenKey), isAsked: false };
const listeners = new Set<() => void>();
function change(next: Session): void {
  session = next;
  if (next.token === null) window.sessionStorage.removeItem(tokenKey);
  else window.sessionStorage.setItem(tokenKey, next.token);
  for (const listener of listeners) listener();
}

export const useSession = (): Session =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => session,
  );

export const signIn = (token: string): void => change({ token, isAsked: false });
export const signOut = (): void => change({ token: null, isAsked: true });

/** The API refused what it was shown. */
export function askAgain(): void {
  if (!session.isAsked) change({ token: null, isAsked: true });
}

/** Headers that say who asks. */
export const proof = (): Record<string, string> =>
  session.token === null ? {} : { authorization: `Bearer ${session.token}` };

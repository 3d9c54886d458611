import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLiveState } from '../api/live.ts';
import { signOut, useSession } from '../api/session.ts';

const links = [
  ['', 'Now'],
  ['timers', 'Timers'],
  ['dead', 'Dead letters'],
  ['tasks', 'Tasks'],
  ['jobs', 'Jobs and locks'],
] as const;
const liveWords = { idle: '', connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' } as const;

export function Shell({ at, children }: { readonly at: string; readonly children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const live = useLiveState();
  const { token } = useSession();
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header className="top">
        <a className="brand" href="#/">
          Carillon
        </a>
        <nav aria-label="Pages">
          {links.map(([path, name]) => (
            <a key={path} href={`#/${path}`} aria-current={at === path ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span className={`live live-${live}`} role="status">
          {liveWords[live]}
        </span>
        {token !== null && (
          <button type="button" className="quiet" onClick={leave}>
            Sign out
          </button>
        )}
        <ThemeButton />
      </header>
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** With everything that was read meanwhile. */
function leave(): void {
  signOut();
  window.location.reload();
}

type Theme = 'light' | 'dark';
const themeKey = 'carillon.theme';
const wished = (): Theme =>
  (window.localStorage.getItem(themeKey) as Theme | null) ??
  (window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

function ThemeButton() {
  const [theme, setTheme] = useState(wished);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const other = theme === 'dark' ? 'light' : 'dark';
  const change = () => {
    window.localStorage.setItem(themeKey, other);
    setTheme(other);
  };
  return (
    <button type="button" className="quiet" onClick={change} aria-label={`Change to the ${other} theme`}>
      <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
      </svg>
    </button>
  );
}

import { useMemo, useSyncExternalStore } from 'react';

// Addresses behind the hash: any static server can serve the page, and every view can be linked to.

export interface Place {
  /** `['timers', '<id>']` */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return {
    path: path.split('/').filter((part) => part !== ''),
    query: new URLSearchParams(query),
  };
}

const onChange = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

export function usePlace(): Place {
  const hash = useSyncExternalStore(onChange, () => window.location.hash);
  return useMemo(() => placeOf(hash), [hash]);
}

export function go(to: string): void {
  window.location.hash = to;
}
export const timerPlace = (id: string): string => `#/timers/${id}`;

import { EventSource } from 'eventsource';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { askAgain, proof } from './session.ts';
import type { Told } from './types.ts';

// Server-sent events of `/v1/watch`. The source comes again by itself with Last-Event-ID; it gives up only on a refusal. A browser's own
// cannot say who asks.

/** `idle`: what is shown does not change by itself. */
type LiveState = 'idle' | 'connecting' | 'live' | 'lost';

const kinds = ['create', 'update', 'delete', 'event'] as const;
const comeAgainMs = 3_000;

let state: LiveState = 'idle';
const listeners = new Set<() => void>();
function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Whether what is shown follows what happens. */
export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );

export interface Watcher {
  /** @param place after it in the log */
  readonly onTold: (told: Told, place: string) => void;
  /** From here on nothing is missed: what was read before is read again. */
  readonly onReady?: () => void;
  /** A place to go on from, where the log still has it; null: from now on. */
  readonly from?: () => string | null;
}

/** @param query of `/v1/watch`, without the question mark; null: nothing is watched */
export function useWatch(query: string | null, watcher: Watcher): void {
  const latest = useRef(watcher);
  latest.current = watcher;
  useEffect(() => (query === null ? undefined : watch(query, latest)), [query]);
}

function watch(query: string, latest: { readonly current: Watcher }): () => void {
  let source: EventSource;
  let again: number | undefined;
  const open = (from: string | null): void => {
    const begin = from === null ? {} : { 'Last-Event-ID': from };
    source = new EventSource(new URL(`/v1/watch?${query}`, window.location.href), {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...begin, ...init.headers, ...proof() } }),
    });
    source.addEventListener('ready', () => {
      setState('live');
      latest.current.onReady?.();
    });
    for (const kind of kinds)
      source.addEventListener(kind, ({ data, lastEventId }: MessageEvent<string>) =>
        latest.current.onTold(JSON.parse(data) as Told, lastEventId),
      );
    source.addEventListener('error', ({ code }) => {
      setState('lost');
      if (code === 401) askAgain();
      if (source.readyState === EventSource.CLOSED) again = window.setTimeout(() => open(null), comeAgainMs);
    });
  };
  setState('connecting');
  open(latest.current.from?.() ?? null);
  return () => {
    window.clearTimeout(again);
    source.close();
    setState('idle');
  };
}

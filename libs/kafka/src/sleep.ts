import { ringAfter } from './machine-clock.js';

// The apps have the same one in libs/runtime; this one goes into users' packages, and that lib does not.

/** Resolves after `ms`, however long, or at once when the signal fires. Never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = ringAfter(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

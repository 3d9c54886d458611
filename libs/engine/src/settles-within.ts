import type { Sleep } from './ports.js';

/** Whether the work is done within `waitMs`; it goes on either way. @throws what it throws within that time */
export async function settlesWithin(sleep: Sleep, waitMs: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([work.then(() => true), sleep(waitMs, over.signal).then(() => false)]);
  } finally {
    over.abort();
  }
}

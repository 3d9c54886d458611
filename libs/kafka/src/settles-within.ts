import { ringAfter } from './machine-clock.js';

/** Whether the work is done within `waitMs`, however long; it goes on either way. @throws what it throws within that time */
export async function settlesWithin(waitMs: number, work: Promise<unknown>): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = ringAfter(waitMs, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}

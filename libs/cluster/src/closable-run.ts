import { once } from 'node:events';
import { ownEvent, type Timers } from '#client';
import { type DueEvent, HandBack, type HookContext, LeaveOpen } from '#hooks';
import { sleep } from '#kafka';

/** Beyond the wait for callbacks under way: what they hand back has to reach Kafka. */
export const handBackWaitMs = 5_000;

export interface Closable {
  readonly timers: Pick<Timers, 'claimEvent'>;
  /** Fires when this process takes part no more. */
  readonly closing: AbortSignal;
  /** How long a callback may go on after that, ms. */
  readonly stopWaitMs: number;
}

/** Delivered twice while replicas come and go, an attempt is run once. What comes while this process takes leave is another's. */
export async function claimed(
  { timers, closing }: Closable,
  event: DueEvent,
  { worker }: HookContext,
): Promise<void> {
  if (closing.aborted) throw new HandBack('closed here');
  if (!(await ownEvent(timers, event, worker))) throw new LeaveOpen();
}

/**
 * Runs the callback with a signal that fires at the close, too. One that ends by it is run elsewhere at once; one that goes on is
 * left alone after `stopWaitMs`, and run elsewhere when it has had its ack timeout to end in. Neither uses up an attempt.
 */
export async function runUntilClosed(
  { closing, stopWaitMs }: Closable,
  { ackTimeoutMs }: DueEvent,
  { signal }: HookContext,
  callback: (signal: AbortSignal) => Promise<void> | void,
): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([
      (async () => callback(AbortSignal.any([signal, closing])))(),
      outlived(closing, stopWaitMs, ackTimeoutMs, over.signal),
    ]);
  } catch (error) {
    if (closing.aborted && !(error instanceof HandBack)) throw new HandBack('closed here');
    throw error;
  } finally {
    over.abort();
  }
}

/** Rejects when the close was so long ago. */
async function outlived(
  closing: AbortSignal,
  stopWaitMs: number,
  ackTimeoutMs: number,
  signal: AbortSignal,
): Promise<never> {
  if (!closing.aborted) await once(closing, 'abort', { signal });
  await sleep(stopWaitMs, signal);
  throw new HandBack('closed here, and its callback goes on', `${ackTimeoutMs}ms`);
}

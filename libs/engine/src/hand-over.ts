import type { Sleep } from './ports.js';
import { settlesWithin } from './settles-within.js';

/** How a consumer group stands: nobody is left in it, shares are being dealt out, or everybody has one. */
export type GroupState = 'empty' | 'dealing' | 'dealt';

const askedEveryMs = 200;
/** Who has its share reads what is due, or takes the log's locks, within this. */
const settledMs = 300;
/** Of the questions too: a broker that is away may leave one of them without an answer for longer. */
const waitMaxMs = 6_000;

/**
 * Whoever leaves a group goes on working until those who stay have taken over: without it what is due meanwhile would
 * wait for them. Resolves then, at once where nobody stays, and after a while in any case, whether the group answers or not.
 */
export async function handOver(group: () => Promise<GroupState>, sleep: Sleep): Promise<void> {
  const over = new AbortController();
  await settlesWithin(sleep, waitMaxMs, takenOver(group, sleep, over.signal));
  over.abort();
}

async function takenOver(group: () => Promise<GroupState>, sleep: Sleep, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    // a group that does not answer may have taken over or not: the bound decides
    const state = await group().catch(() => 'dealing' as const);
    if (state === 'empty') return;
    await sleep(state === 'dealt' ? settledMs : askedEveryMs, over);
    if (state === 'dealt') return;
  }
}

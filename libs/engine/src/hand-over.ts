import type { Sleep } from './ports.js';

/** How a consumer group stands: nobody is left in it, shares are being dealt out, or everybody has one. */
export type GroupState = 'empty' | 'dealing' | 'dealt';

const askedEveryMs = 200;
/** Who has its share reads what is due, or takes the log's locks, within this. */
const settledMs = 300;
const waitMaxMs = 6_000;

/**
 * Whoever leaves a group goes on working until those who stay have taken over: without it what is due meanwhile would
 * wait for them. Resolves then, at once where nobody stays, and after a while in any case.
 */
export async function handOver(group: () => Promise<GroupState>, sleep: Sleep): Promise<void> {
  for (let waitedMs = 0; waitedMs < waitMaxMs; waitedMs += askedEveryMs) {
    // a group that does not answer may have taken over or not: the bound decides
    const state = await group().catch(() => 'dealing' as const);
    if (state === 'empty') return;
    if (state === 'dealt') return sleep(settledMs);
    await sleep(askedEveryMs);
  }
}

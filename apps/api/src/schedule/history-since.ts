import type { HistoryEntry } from '#engine';
import type { EpochMs, TimerState } from '#timer';
import type { Principal } from '../http/access.js';
import type { TimerAddress } from '../http/address.js';
import { problem } from '../http/problem-error.js';
import { historyExpired, type TimerReads } from '../timers/timer-reads.js';

/** Events that one answer reads; a timer that has more since then is asked about in a later range. */
const eventsMax = 20_000;
const pageSize = 1_000;

export interface HistorySince {
  /** As it was before the first entry; null: not there yet. */
  readonly before: TimerState | null;
  readonly history: readonly HistoryEntry[];
}

/** Everything that happened to a timer since a moment, and what it was before that. @throws ProblemError */
export async function historySince(
  reads: TimerReads,
  who: Principal,
  address: TimerAddress,
  from: EpochMs,
): Promise<HistorySince> {
  const history: HistoryEntry[] = [];
  let hasMore = true;
  while (hasMore) {
    const afterVersion = history.at(-1)?.version;
    const range = afterVersion === undefined ? { from } : { afterVersion };
    const page = await reads.history(who, address, range, pageSize);
    history.push(...page.entries);
    hasMore = page.hasMore;
    if (history.length > eventsMax)
      throw problem('bad-request', `more than ${eventsMax} events since then: ask about a later range`, {
        field: 'from',
      });
  }
  const [first] = history;
  if (first === undefined) return { before: await reads.past(who, address, { at: from }), history };
  const before = await reads.stateBefore(await reads.idOf(who, address), first.version);
  if (before.kind === 'expired') throw historyExpired();
  return { before: before.kind === 'state' ? before.state : null, history };
}

import { decide, type EpochMs } from '#timer';
import type { TimerCount, TimerQueries } from '../queries/timer-queries.js';
import type { BulkOrder, BulkRefusal } from './bulk.js';
import { bulkCommand, domainCommand } from './bulk-commands.js';
import { countRefusals } from './refusals.js';

/** What a bulk would do now, told without doing it. */
export interface BulkPreview {
  readonly matched: TimerCount;
  /** The first so many of them were looked at; the refusals are theirs. */
  readonly sampled: number;
  readonly refusals: readonly BulkRefusal[];
}

const countedMax = 1_000_000;
const sampledMax = 1_000;

/** @param now decides nothing but what a timer would answer at that moment */
export async function previewBulk(
  queries: TimerQueries,
  order: BulkOrder,
  now: EpochMs,
): Promise<BulkPreview> {
  const { condition } = order;
  const [matched, { timers }] = await Promise.all([
    queries.count(condition, countedMax),
    queries.list(condition, { order: 'id', limit: sampledMax, after: null }),
  ]);
  const refused = timers.flatMap((state) => {
    const { id: timerId, spec } = state;
    const target = { timerId, namespace: spec.namespace, key: spec.key };
    const decision = decide(state, domainCommand(bulkCommand(order, target, state, 1)), now);
    return decision.ok
      ? []
      : [{ timerId, code: decision.rejection.code, message: decision.rejection.message }];
  });
  return { matched, sampled: timers.length, refusals: countRefusals([], refused) };
}

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type HistoryEntry, pageLimitMax, type TimerQueries } from '#engine';
import { InMemoryTimerStore, ManualClock } from '#testing';
import { type EpochMs, type TimerId, type WhyAnswer, whyBetween } from '#timer';
import { apply, createTimer, fire, newCommandId } from '../../libs/testing/src/contract/writing.js';

// #region why
/** Why a timer did or did not fire between two moments, from its log alone. */
async function why(queries: TimerQueries, id: TimerId, from: EpochMs, to: EpochMs): Promise<WhyAnswer> {
  const past = await queries.stateAtMoment(id, (from - 1) as EpochMs);
  if (past.kind === 'expired') throw new Error('the log does not reach back that far');
  const before = past.kind === 'state' ? past.state : null;

  const history: HistoryEntry[] = [];
  for (let hasMore = true; hasMore; ) {
    const afterVersion = history.at(-1)?.version ?? before?.version ?? 0;
    const page = await queries.history(id, { afterVersion }, pageLimitMax);
    history.push(...page.entries);
    hasMore = page.hasMore;
  }
  return whyBetween({ from, to, now: Date.now() as EpochMs, before, history });
}
// #endregion

it('docs/guide/history.md shows code that runs', () => {
  const source = readFileSync('docs/guide/history.spec.ts', 'utf8');
  const [, shown] = /\/\/ #region why\n([\s\S]*?)\/\/ #endregion/.exec(source) ?? [];
  expect(readFileSync('docs/guide/history.md', 'utf8')).toContain(shown?.trim());
});

it('tells what fired, what did not, and what the timer was before', async () => {
  const clock = new ManualClock();
  const { log, queries } = new InMemoryTimerStore({ partitions: 8, now: () => clock.now() });
  const { id } = await createTimer(log, { hookClass: '', schedPolicyExpr: '1h', startAt: clock.now() });
  await fire(log, id);
  const firedAt = clock.now();
  await clock.advance(600_000);
  await apply(log, id, () => ({ type: 'PauseTimer', commandId: newCommandId() }));
  await clock.advance(3 * 3_600_000);

  const { entries } = await why(queries, id, firedAt, clock.now());
  expect(entries.map(({ verdict, reason }) => [verdict, reason])).toEqual([
    ['fired', null],
    ['not-fired', 'paused'],
  ]);
  expect(entries.map(({ count }) => count)).toEqual([1, 3]);
  const then = await queries.stateAtMoment(id, firedAt);
  expect(then).toMatchObject({ kind: 'state', state: { pausedAt: null } });
});

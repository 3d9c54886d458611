import type { EpochMs } from '../brand.js';
import type { DroppedReason } from '../event.js';
import type { MissedRule, TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';
import { durationMs } from './duration.js';
import { type Exclusions, exclusionsOf } from './exclude.js';
import { jitterShareMs, policyOf } from './plan.js';
import type { Progress, SchedEventPolicy } from './policy.js';
import { countedTicksMax, type TickList, ticksUntil } from './tick-list.js';

/** With `skip`, a tick this late is still on time. */
const skipToleranceMs = 60_000;

export interface DroppedTicks {
  readonly reason: DroppedReason;
  readonly first: EpochMs;
  readonly last: EpochMs;
  readonly count: number;
  readonly countIsExact: boolean;
}

export interface PassedTicks {
  /** The one to fire now; null: none of those that passed. */
  readonly fire: EpochMs | null;
  /** Those that will never fire, in order: before `fire`, or behind it where nothing but them has passed since. */
  readonly dropped: readonly DroppedTicks[];
}

type Passing = Progress & Pick<TimerState, 'resumedAt' | 'wasDisabled'>;
/** The timer whose clock has struck. */
type Struck = Passing & Pick<TimerState, 'id' | 'spec' | 'fires'>;

interface Absence {
  readonly reason: DroppedReason;
  /** Null: never made up for. */
  readonly rule: MissedRule | null;
}

/** What becomes of `nextTick` and of the ticks after it whose moment to fire has come by `now`, and of excluded ones on the way to it. */
export function settlePassed(
  spec: TimerSpec,
  progress: Struck,
  nextTick: EpochMs,
  now: EpochMs,
): PassedTicks {
  const policy = policyOf(spec);
  const exclusions = exclusionsOf(spec.exclude, policy.zone);
  // one whose share of the jitter is still to pass has not had its turn: it is neither fired nor made up for yet
  const onTimeAt = (now - jitterShareMs(progress)) as EpochMs;
  const until = spec.endAt !== null && spec.endAt < onTimeAt ? spec.endAt : onTimeAt;
  const absence = absences(spec, progress, exclusions, nextTick);
  const firesAlways = (tick: EpochMs | null) =>
    tick !== null && tick <= until && isMadeUpAlways(absence(tick));
  // both fire, whatever else has passed: of a hundred thousand, each fire need not list thousands
  if (firesAlways(nextTick) && firesAlways(policy.tickAfter(nextTick, progress)))
    return { fire: nextTick, dropped: excludedOnTheWay(policy, exclusions, progress, nextTick) };
  const stretches = stretchesOf(policy, progress, nextTick, until, latestWanted(spec));
  const listed = stretches.flatMap(({ list }) => list);
  const kept = keptTicks(listed, absence, onTimeAt);
  const fire = kept[0] ?? null;
  const before = (tick: EpochMs) => fire === null || tick < fire;
  // with more to make up for, what lies behind the next one is settled when its turn comes
  const behind = (tick: EpochMs) => kept.length === 1 && fire !== null && tick > fire;
  const dropped = [
    ...excludedOnTheWay(policy, exclusions, progress, nextTick),
    ...runs(stretches, before, absence),
    ...runs(stretches, behind, absence),
  ];
  return { fire, dropped };
}

/** What becomes of ticks from `nextTick` to `until` that an event beside the schedule has gone past: none of them fires. */
export function goneBy(
  spec: TimerSpec,
  progress: Passing,
  nextTick: EpochMs,
  until: EpochMs,
): readonly DroppedTicks[] {
  const policy = policyOf(spec);
  const exclusions = exclusionsOf(spec.exclude, policy.zone);
  const stretches = stretchesOf(policy, progress, nextTick, until, 1);
  return [
    ...excludedOnTheWay(policy, exclusions, progress, nextTick),
    ...runs(stretches, () => true, absences(spec, progress, exclusions, nextTick)),
  ];
}

/**
 * The ticks from `nextTick` to `until`, a list for each absence: where they are too many to be listed, those that are not must
 * not be taken for ticks of another absence, which may be made up for.
 */
function stretchesOf(
  policy: SchedEventPolicy,
  progress: Passing,
  nextTick: EpochMs,
  until: EpochMs,
  latest: number,
): TickList[] {
  const { createTime, resumedAt } = progress;
  const ends = [createTime - 1, resumedAt ?? nextTick - 1]
    .filter((end) => end >= nextTick && end < until)
    .sort((a, b) => a - b);
  const stretches: TickList[] = [];
  let first: EpochMs | null = nextTick;
  for (const end of [...ends, until] as EpochMs[]) {
    if (first === null || (first > end && stretches.length > 0)) continue;
    stretches.push(ticksUntil(policy, progress, first, end, latest));
    first = firstBehind(policy, progress, first, end);
  }
  return stretches;
}

/** The first tick after a moment that need not be one; null: only a close tells. */
function firstBehind(
  policy: SchedEventPolicy,
  progress: Progress,
  tick: EpochMs,
  end: EpochMs,
): EpochMs | null {
  const { intervalMs } = policy;
  if (intervalMs === null) return policy.tickAfter(end, progress);
  if (policy.tickAfter(tick, progress) === null) return null;
  return (tick + (Math.floor((end - tick) / intervalMs) + 1) * intervalMs) as EpochMs;
}

/** The plan went past excluded ticks to reach `nextTick`: one fact tells them all. */
function excludedOnTheWay(
  policy: SchedEventPolicy,
  exclusions: Exclusions | null,
  progress: Progress,
  nextTick: EpochMs,
): DroppedTicks[] {
  if (exclusions === null) return [];
  const first = policy.nextTick(progress);
  // an expiry may come before the tick that was planned
  if (first === null || first >= nextTick || exclusions.stretchAt(first) === null) return [];
  if (policy.intervalMs !== null) {
    const count = Math.floor((nextTick - 1 - first) / policy.intervalMs) + 1;
    const last = (first + (count - 1) * policy.intervalMs) as EpochMs;
    return [{ reason: 'excluded', first, last, count, countIsExact: true }];
  }
  const { list, skipped, isExact } = ticksUntil(policy, progress, first, (nextTick - 1) as EpochMs);
  const last = list.at(-1) ?? first;
  return [{ reason: 'excluded', first, last, count: list.length + skipped, countIsExact: isExact }];
}

/** Excluded ticks that a change of the schedule at `now` leaves behind for good. */
export function excludedBy(
  spec: TimerSpec,
  progress: Progress,
  nextTick: EpochMs,
  now: EpochMs,
): DroppedTicks[] {
  const policy = policyOf(spec);
  const exclusions = exclusionsOf(spec.exclude, policy.zone);
  const end = (nextTick <= now ? nextTick : now + 1) as EpochMs;
  return excludedOnTheWay(policy, exclusions, progress, end);
}

/** Which absence a tick fell into: an excluded date, before the timer was there, while it was held, or while the service was away. */
function absences(
  spec: TimerSpec,
  { createTime, resumedAt, wasDisabled }: Passing,
  exclusions: Exclusions | null,
  nextTick: EpochMs,
): (tick: EpochMs) => Absence {
  return (tick) => {
    // the planned one never is; an expiry may put it on any date
    if (tick !== nextTick && exclusions !== null && exclusions.stretchAt(tick) !== null)
      return { reason: 'excluded', rule: null };
    if (tick < createTime) return { reason: 'created-late', rule: spec.missed.createdLate };
    if (resumedAt !== null && tick <= resumedAt)
      return { reason: wasDisabled === true ? 'disabled' : 'paused', rule: spec.missed.paused };
    return { reason: 'missed-policy', rule: spec.missed.serviceDown };
  };
}

const isMadeUpAlways = ({ rule }: Absence): boolean =>
  rule?.policy === 'all' && rule.max === undefined && rule.within === undefined;

/**
 * Survivors, oldest first. Of ticks that are only to be caught up with by the latest, later ones supersede them. A tick is late by
 * how far it lies before `onTimeAt`: what the timer's own jitter puts off is not late by that.
 */
function keptTicks(
  list: readonly EpochMs[],
  absenceOf: (tick: EpochMs) => Absence,
  onTimeAt: EpochMs,
): EpochMs[] {
  const kept: EpochMs[] = [];
  const perReason = new Map<DroppedReason, number>();
  for (let i = list.length - 1; i >= 0; i -= 1) {
    const tick = list[i];
    if (tick === undefined) continue;
    const { reason, rule } = absenceOf(tick);
    const taken = perReason.get(reason) ?? 0;
    if (rule === null || !isKept(rule, onTimeAt - tick, taken, kept.length)) continue;
    kept.push(tick);
    perReason.set(reason, taken + 1);
  }
  return kept.reverse();
}

function isKept({ policy, max, within }: MissedRule, lateMs: number, taken: number, later: number): boolean {
  if (within !== undefined && lateMs > durationMs(within)) return false;
  switch (policy) {
    case 'latest':
      return later === 0;
    case 'all':
      return taken < madeUpMax(max, within);
    case 'skip':
      return later === 0 && lateMs <= (within === undefined ? skipToleranceMs : durationMs(within));
  }
}

/** Of a rule with a bound, no more are made up for than are listed behind a gap; without one, the oldest come first anyway. */
function madeUpMax(max: number | undefined, within: string | undefined): number {
  if (max === undefined && within === undefined) return Number.POSITIVE_INFINITY;
  return Math.min(max ?? countedTicksMax, countedTicksMax);
}

/** How many of the latest ticks a rule may choose from. */
function latestWanted({ missed }: TimerSpec): number {
  const wanted = Object.values(missed).map(({ policy, max, within }) =>
    policy === 'all' ? madeUpMax(max, within) : 1,
  );
  return Math.max(1, ...wanted.filter(Number.isFinite));
}

/** Consecutive ticks of one reason are one fact. Those that were not listed go with the one before them. */
function runs(
  stretches: readonly TickList[],
  isGone: (tick: EpochMs) => boolean,
  absenceOf: (tick: EpochMs) => Absence,
): DroppedTicks[] {
  const result: DroppedTicks[] = [];
  for (const { list, skipped, isExact } of stretches) {
    const beforeGap = list.length > countedTicksMax ? list[countedTicksMax - 1] : undefined;
    for (const tick of list.filter(isGone)) {
      const { reason } = absenceOf(tick);
      const isBeforeGap = tick === beforeGap;
      const one = { count: isBeforeGap ? 1 + skipped : 1, countIsExact: !isBeforeGap || isExact };
      const run = result.at(-1);
      if (run?.reason === reason) result[result.length - 1] = joined(run, tick, one);
      else result.push({ reason, first: tick, last: tick, ...one });
    }
  }
  return result;
}

const joined = (
  run: DroppedTicks,
  last: EpochMs,
  { count, countIsExact }: Pick<DroppedTicks, 'count' | 'countIsExact'>,
): DroppedTicks => ({
  ...run,
  last,
  count: run.count + count,
  countIsExact: run.countIsExact && countIsExact,
});

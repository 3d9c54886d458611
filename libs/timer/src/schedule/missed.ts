import type { EpochMs } from '../brand.js';
import type { DroppedReason } from '../event.js';
import type { MissedRule, TimerSpec } from '../spec.js';
import { durationMs } from './duration.js';
import type { Progress, SchedEventPolicy } from './policy.js';

/** Ticks are counted one by one up to here; beyond, intervals are computed and cron ticks estimated from below. */
export const countedTicksMax = 10_000;
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
  /** Those that will never fire, oldest first. All lie before `fire`, or before the next tick if there is none. */
  readonly dropped: readonly DroppedTicks[];
}

interface Absence {
  readonly reason: DroppedReason;
  readonly rule: MissedRule;
}

/** Which absence a tick fell into: before the timer was there, while it was held, or while the service was away. */
function absenceOf(tick: EpochMs, spec: TimerSpec, createTime: EpochMs, resumedAt: EpochMs | null): Absence {
  if (tick < createTime) return { reason: 'created-late', rule: spec.missed.createdLate };
  if (resumedAt !== null && tick <= resumedAt) return { reason: 'paused', rule: spec.missed.paused };
  return { reason: 'missed-policy', rule: spec.missed.serviceDown };
}

/** What becomes of the ticks from `tick` on that have passed by `now`. */
export function settlePassed(
  spec: TimerSpec,
  policy: SchedEventPolicy,
  progress: Progress & { readonly resumedAt: EpochMs | null },
  tick: EpochMs,
  now: EpochMs,
): PassedTicks {
  const ticks = passedTicks(policy, progress, tick, now, spec.endAt);
  const kept = keptTicks(ticks.list, spec, progress, now);
  const fire = kept[0] ?? null;
  const gone = ticks.list.filter((passed) => fire === null || passed < fire);
  return { fire, dropped: runs(gone, ticks, spec, progress) };
}

interface TickList {
  readonly list: readonly EpochMs[];
  /** Ticks that were not listed, all before the last one. */
  readonly skipped: number;
  readonly isExact: boolean;
}

function passedTicks(
  policy: SchedEventPolicy,
  progress: Progress,
  first: EpochMs,
  now: EpochMs,
  endAt: EpochMs | null,
): TickList {
  const until = endAt !== null && endAt < now ? endAt : now;
  const list: EpochMs[] = [first];
  let tick = policy.tickAfter(first, progress);
  while (tick !== null && tick <= until && list.length < countedTicksMax) {
    list.push(tick);
    tick = policy.tickAfter(tick, progress);
  }
  if (tick === null || tick > until) return { list, skipped: 0, isExact: true };
  return jump(policy, progress, list, tick, until);
}

/** Too many to list: only the latest matter beyond this point. */
function jump(
  policy: SchedEventPolicy,
  progress: Progress,
  list: EpochMs[],
  next: EpochMs,
  until: EpochMs,
): TickList {
  if (policy.intervalMs !== null) {
    const more = Math.floor((until - next) / policy.intervalMs);
    list.push((next + more * policy.intervalMs) as EpochMs);
    return { list, skipped: more, isExact: true };
  }
  for (const backMs of [3_600_000, 86_400_000, 40 * 86_400_000, 400 * 86_400_000]) {
    let tick = policy.tickAfter(Math.max(next - 1, until - backMs) as EpochMs, progress);
    let latest: EpochMs | null = null;
    while (tick !== null && tick <= until) {
      latest = tick;
      tick = policy.tickAfter(tick, progress);
    }
    if (latest !== null) {
      list.push(latest);
      return { list, skipped: 0, isExact: false };
    }
  }
  return { list, skipped: 0, isExact: false };
}

/** Survivors, oldest first. Of ticks that are only to be caught up with by the latest, later ones supersede them. */
function keptTicks(
  list: readonly EpochMs[],
  spec: TimerSpec,
  progress: Progress & { readonly resumedAt: EpochMs | null },
  now: EpochMs,
): EpochMs[] {
  const kept: EpochMs[] = [];
  const perReason = new Map<DroppedReason, number>();
  for (let i = list.length - 1; i >= 0; i -= 1) {
    const tick = list[i];
    if (tick === undefined) continue;
    const { reason, rule } = absenceOf(tick, spec, progress.createTime, progress.resumedAt);
    const taken = perReason.get(reason) ?? 0;
    if (!isKept(rule, now - tick, taken, kept.length)) continue;
    kept.push(tick);
    perReason.set(reason, taken + 1);
  }
  return kept.reverse();
}

function isKept({ policy, max, within }: MissedRule, ageMs: number, taken: number, later: number): boolean {
  if (within !== undefined && ageMs > durationMs(within)) return false;
  switch (policy) {
    case 'latest':
      return later === 0;
    case 'all':
      return max === undefined || taken < max;
    case 'skip':
      return later === 0 && ageMs <= (within === undefined ? skipToleranceMs : durationMs(within));
  }
}

/** Consecutive ticks of one reason are one fact. */
function runs(
  gone: readonly EpochMs[],
  { skipped, isExact }: TickList,
  spec: TimerSpec,
  progress: Progress & { readonly resumedAt: EpochMs | null },
): DroppedTicks[] {
  const result: DroppedTicks[] = [];
  for (const tick of gone) {
    const { reason } = absenceOf(tick, spec, progress.createTime, progress.resumedAt);
    const run = result.at(-1);
    if (run?.reason === reason) result[result.length - 1] = { ...run, last: tick, count: run.count + 1 };
    else result.push({ reason, first: tick, last: tick, count: 1, countIsExact: true });
  }
  const last = result.at(-1);
  if (last !== undefined && gone.length >= countedTicksMax) {
    result[result.length - 1] = { ...last, count: last.count + skipped, countIsExact: isExact };
  }
  return result;
}

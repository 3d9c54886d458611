import type { EpochMs } from '../brand.js';
import type { Progress, SchedEventPolicy } from './policy.js';

/** Ticks are counted one by one up to here; beyond, intervals are computed and cron ticks estimated from below. */
export const countedTicksMax = 10_000;

export interface TickList {
  /** Every tick up to `countedTicksMax`, then the latest. */
  readonly list: readonly EpochMs[];
  /** Ticks that were not listed, all before the last one. */
  readonly skipped: number;
  readonly isExact: boolean;
}

/** The ticks from `first` up to `until`; `first` is always among them. */
export function ticksUntil(
  policy: SchedEventPolicy,
  progress: Progress,
  first: EpochMs,
  until: EpochMs,
): TickList {
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

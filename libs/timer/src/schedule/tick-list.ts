import type { EpochMs } from '../brand.js';
import type { Progress, SchedEventPolicy } from './policy.js';

/** Ticks are counted one by one up to here; beyond, intervals are computed and cron ticks estimated from below. */
export const countedTicksMax = 10_000;

export interface TickList {
  /** Every tick up to `countedTicksMax`, then the latest. */
  readonly list: readonly EpochMs[];
  /** Ticks that were not listed, all of them behind the `countedTicksMax` that were. */
  readonly skipped: number;
  readonly isExact: boolean;
}

/** The ticks from `first` up to `until`, no more than `countedTicksMax` and the latest few; `first` is always among them, and so are the `latest` last ones and one before. */
export function ticksUntil(
  policy: SchedEventPolicy,
  progress: Progress,
  first: EpochMs,
  until: EpochMs,
  latest = 1,
): TickList {
  const list: EpochMs[] = [first];
  let tick = policy.tickAfter(first, progress);
  while (tick !== null && tick <= until && list.length < countedTicksMax) {
    list.push(tick);
    tick = policy.tickAfter(tick, progress);
  }
  if (tick === null || tick > until) return { list, skipped: 0, isExact: true };
  const { intervalMs } = policy;
  const tail =
    intervalMs === null
      ? lastByLooking(policy, progress, tick, until, latest + 1)
      : lastOfGrid(intervalMs, tick, until, latest + 1);
  return { ...tail, list: [...list, ...tail.list] };
}

function lastOfGrid(intervalMs: number, next: EpochMs, until: EpochMs, wanted: number): TickList {
  const all = Math.floor((until - next) / intervalMs) + 1;
  const listed = Math.min(all, wanted);
  const skipped = all - listed;
  const list = Array.from({ length: listed }, (_, i) => (next + (skipped + i) * intervalMs) as EpochMs);
  return { list, skipped, isExact: true };
}

/** How far back the last ticks are looked for: few are looked at where they are dense. */
const lookBackMs = [3_600_000, 86_400_000, 40 * 86_400_000, 400 * 86_400_000];

function lastByLooking(
  { tickAfter }: SchedEventPolicy,
  progress: Progress,
  next: EpochMs,
  until: EpochMs,
  wanted: number,
): TickList {
  let found: EpochMs[] = [];
  for (const backMs of lookBackMs) {
    const from = Math.max(next - 1, until - backMs) as EpochMs;
    found = [];
    for (
      let tick = tickAfter(from, progress);
      tick !== null && tick <= until;
      tick = tickAfter(tick, progress)
    )
      found.push(tick);
    const list = found.slice(-wanted);
    const isAll = from < next;
    if (isAll || found.length >= wanted) return { list, skipped: found.length - list.length, isExact: isAll };
  }
  return { list: found, skipped: 0, isExact: false };
}

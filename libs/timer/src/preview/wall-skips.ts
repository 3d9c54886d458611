import type { EpochMs } from '../brand.js';
import { wallText } from '../schedule/local-time.js';
import type { SchedEventPolicy } from '../schedule/policy.js';
import type { OffsetSpan } from '../schedule/zone.js';
import type { DstPolicy } from '../spec.js';
import type { SkippedTicks } from './previewed.js';

// What a zone's transitions do to wall-clock times, named. The aggregate never sees these times: they are no ticks.

/** A run of wall-clock times is counted up to here. */
const countedMax = 1_000;

/** Wall-clock times of the schedule that a transition within (from, to] swallows. */
export function wallSkips(
  { zone, wall }: SchedEventPolicy,
  dst: DstPolicy,
  from: EpochMs,
  to: EpochMs,
): SkippedTicks[] {
  if (wall === null) return [];
  const skips: SkippedTicks[] = [];
  for (let span = zone.spanAt(from); span.toMs <= to; span = zone.spanAt(span.toMs)) {
    const lost = lostWall(span, zone.spanAt(span.toMs), dst);
    const run = lost === null ? null : runWithin(wall, lost.fromMs, lost.toMs);
    if (lost !== null && run !== null) skips.push({ reason: lost.reason, ...run });
  }
  return skips;
}

/** The stretch of wall-clock time that does not fire at a transition; null: all of it does. */
function lostWall(before: OffsetSpan, after: OffsetSpan, { gap, overlap }: DstPolicy) {
  const [low, high] = [before.toMs + before.offsetMs, before.toMs + after.offsetMs];
  if (high > low) return gap === 'skip' ? ({ reason: 'dst-gap', fromMs: low, toMs: high } as const) : null;
  return overlap === 'both' || high === low
    ? null
    : ({ reason: 'dst-overlap', fromMs: high, toMs: low } as const);
}

function runWithin(wall: NonNullable<SchedEventPolicy['wall']>, fromMs: number, toMs: number) {
  const first = wall.after(fromMs - 1);
  if (first === null || first >= toMs) return null;
  let [last, count] = [first, 1];
  let next = wall.after(first);
  while (next !== null && next < toMs && count < countedMax) {
    [last, count] = [next, count + 1];
    next = wall.after(next);
  }
  const countIsExact = next === null || next >= toMs;
  return { firstLocal: wallText(first), lastLocal: wallText(last), count, countIsExact };
}

/** The local time that a tick at the end of a gap stands for; null: it stands for itself. */
export function shiftedFrom(
  { zone, wall }: SchedEventPolicy,
  { gap }: DstPolicy,
  tick: EpochMs,
): string | null {
  if (wall === null || gap !== 'shift') return null;
  const span = zone.spanAt(tick);
  if (span.fromMs !== tick) return null;
  const before = zone.spanAt(tick - 1);
  const meant = wall.after(tick + before.offsetMs - 1);
  return meant !== null && meant < tick + span.offsetMs ? wallText(meant) : null;
}

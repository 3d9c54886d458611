import type { EpochMs } from '../brand.js';
import type { Progress, SchedEventPolicy } from './policy.js';

const looksAtMax = 50;
const looksAheadMs = 800 * 86_400_000;
/** A spec is valid or not whenever it is asked: the ticks that are looked at do not depend on today. */
const origin = Date.UTC(2026, 0, 1) as EpochMs;
const unused: Progress = {
  createTime: origin,
  startAt: null,
  watermark: null,
  lastTick: null,
  closedAt: null,
};

/**
 * How near two ticks of a schedule come to each other, ms, by the intervals of fifty; null: it has no two. Where a zone's clock is set
 * forward a day may be an hour shorter.
 */
export function tickDistanceMs({ type, intervalMs, tickAfter }: SchedEventPolicy): number | null {
  if (intervalMs !== null || type !== 'CRON') return intervalMs;
  let nearest: number | null = null;
  let last = tickAfter(origin, unused);
  for (let looked = 0; last !== null && looked < looksAtMax; looked += 1) {
    const tick = tickAfter(last, unused);
    if (tick === null || tick > origin + looksAheadMs) break;
    nearest = Math.min(nearest ?? tick - last, tick - last);
    last = tick;
  }
  return nearest;
}

import type { EpochMs } from '../brand.js';
import { policyOf } from '../schedule/plan.js';
import type { SchedEventPolicy } from '../schedule/policy.js';
import type { TimerState } from '../state.js';
import type { WhyRequest } from './answer.js';
import type { Stretch, Timeline } from './timeline.js';

/** Ticks that lie on a grid of their own are enumerated; the others are there once something planned them. */
const isOnGrid = (policy: SchedEventPolicy, { spec }: TimerState): boolean =>
  policy.wall !== null || policy.type === 'ONCE' || (policy.type === 'INTERVAL' && spec.startAt !== null);

export interface ScheduleTicks {
  readonly ticks: readonly EpochMs[];
  readonly isCut: boolean;
}

/** The ticks within a range, by whatever schedule the timer had at the time, in order and each once. */
export function scheduleTicks(
  timeline: Timeline,
  { from, to }: Pick<WhyRequest, 'from' | 'to'>,
  max: number,
): ScheduleTicks {
  const found = new Set<EpochMs>();
  for (const { stretch, fromMs, nextMs } of schedules(timeline)) {
    for (const tick of ticksOf({ ...stretch, fromMs }, timeline, from, to, nextMs)) {
      found.add(tick);
      if (found.size > max) break;
    }
    if (found.size > max) break;
  }
  for (const { scheduledFor, startedAt } of timeline.fires) {
    if ((scheduledFor >= from && scheduledFor <= to) || (startedAt >= from && startedAt <= to))
      found.add(scheduledFor);
  }
  const ticks = [...found].sort((a, b) => a - b);
  return { ticks: ticks.slice(0, max), isCut: ticks.length > max };
}

interface Scheduled {
  readonly stretch: Stretch;
  readonly fromMs: number;
  readonly nextMs: number;
}

/** Stretches of one spec are one where its ticks lie on a grid: no close and no heartbeat moves them. */
function* schedules({ stretches }: Timeline): Generator<Scheduled> {
  let begun: { readonly fromMs: number; readonly isGrid: boolean } | null = null;
  for (const [index, stretch] of stretches.entries()) {
    const { state, fromMs } = stretch;
    const next = stretches[index + 1];
    begun ??= { fromMs, isGrid: state !== null && isOnGrid(policyOf(state.spec), state) };
    if (begun.isGrid && next !== undefined && next.state?.spec === state?.spec) continue;
    yield { stretch, fromMs: begun.fromMs, nextMs: next?.fromMs ?? Number.POSITIVE_INFINITY };
    begun = null;
  }
}

function* ticksOf(
  stretch: Stretch,
  { first }: Timeline,
  from: EpochMs,
  to: EpochMs,
  nextMs: number,
): Generator<EpochMs> {
  const { fromMs, state: own } = stretch;
  // before the creation the first schedule there was tells what would have been a tick, after a deletion the last
  const state = own ?? stretch.gone ?? first;
  if (state === null) return;
  const [begin, end] = [Math.max(from, fromMs), Math.min(to, nextMs - 1)];
  if (begin > end) return;
  const policy = policyOf(state.spec);
  if (isOnGrid(policy, state)) yield* gridTicks(policy, state, begin as EpochMs, end as EpochMs);
  else if (own?.nextTick != null && own.nextTick >= begin && own.nextTick <= end) yield own.nextTick;
}

function* gridTicks(
  policy: SchedEventPolicy,
  { createTime, spec }: TimerState,
  from: EpochMs,
  to: EpochMs,
): Generator<EpochMs> {
  const progress = {
    createTime,
    startAt: spec.startAt,
    watermark: (from - 1) as EpochMs,
    lastTick: null,
    closedAt: null,
  };
  let tick = policy.nextTick(progress);
  while (tick !== null && tick <= to) {
    yield tick;
    tick = policy.tickAfter(tick, progress);
  }
}

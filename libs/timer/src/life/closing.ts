import { type EpochMs, later } from '../brand.js';
import type { End, TicksDropped } from '../event.js';
import { goneBy } from '../schedule/missed.js';
import { jitterShareMs, limited, makesUpForAll, planNext, policyOf } from '../schedule/plan.js';
import type { OpenEvent, TimerState } from '../state.js';
import { idleClock } from './clock.js';
import { endClock, endOf, type Replanned, replan } from './replan.js';

export interface Closing {
  /** What the fact of the close says of them. */
  readonly progress: {
    readonly watermark: EpochMs | null;
    readonly nextTick: EpochMs | null;
    readonly nextFireAt: EpochMs | null;
    readonly ended?: End;
  };
  /** Ticks that the watermark leaves behind unfired: a fact about each comes before the close. */
  readonly dropped: readonly TicksDropped[];
}

/** What a close and a give-up have in common: the watermark moves, and the next time follows from it. */
export function closing(
  state: TimerState,
  open: OpenEvent,
  givenWatermark: EpochMs | null | undefined,
  namedNext: EpochMs | null,
  now: EpochMs,
): Closing {
  const watermark = givenWatermark === undefined ? defaultWatermark(state, open) : givenWatermark;
  const after = afterClose(state, open, watermark, now);
  const planned = planAfter(after, namedNext, now);
  const { nextTick, nextFireAt, ended } = planned;
  return {
    progress:
      ended === null
        ? { watermark, nextTick, nextFireAt }
        : { watermark, nextTick, nextFireAt: endClock(planned, state, now), ended: endOf(state, ended) },
    dropped: givenWatermark === undefined ? leftBehind(state, watermark, planned, now) : [],
  };
}

function planAfter(after: TimerState, namedNext: EpochMs | null, now: EpochMs): Replanned {
  // cancelled while this event was open: it ended then
  if (after.endedReason === 'cancelled')
    return { nextTick: null, nextFireAt: idleClock({ ...after, nextTick: null }, now), ended: null };
  return namedNext === null ? replan(after, now) : named(after, namedNext, now);
}

/**
 * Where the event began; under `missed: all` its tick, so that the ticks behind it are still to come, and for one by hand
 * nowhere, since it stands for no tick. By default only forward.
 */
function defaultWatermark(state: TimerState, open: OpenEvent): EpochMs | null {
  const { spec, watermark, lastTick } = state;
  const { scheduledFor, manualRequestId } = open;
  if (!makesUpForAll(spec)) return latest(watermark, passedByStart(state, open));
  return latest(watermark, manualRequestId === null ? scheduledFor : lastTick);
}

/**
 * Where the event began; before that where a tick that passed has its share of the jitter still to wait for. Elsewhere the share
 * stays in: an application reads on from the watermark.
 */
function passedByStart(state: TimerState, { startedAt, scheduledFor, manualRequestId }: OpenEvent): EpochMs {
  const { spec } = state;
  const shareMs = jitterShareMs(state);
  if (shareMs === 0 || manualRequestId !== null || !isTicking(spec)) return startedAt;
  const onTimeAt = later(scheduledFor, (startedAt - shareMs) as EpochMs);
  const next = policyOf(spec).nextTick({ ...state, startAt: spec.startAt, watermark: onTimeAt });
  return next !== null && next <= startedAt ? onTimeAt : startedAt;
}

const isTicking = ({ schedPolicyType }: TimerState['spec']): boolean =>
  schedPolicyType === 'INTERVAL' || schedPolicyType === 'CRON';

const latest = (one: EpochMs | null, other: EpochMs | null): EpochMs | null =>
  one === null || other === null ? (one ?? other) : later(one, other);

/** An event by hand, or one whose hook asked for time first, may begin after ticks that nobody has fired. */
export function leftBehind(
  state: TimerState,
  watermark: EpochMs | null,
  { nextTick, nextFireAt }: Replanned,
  now: EpochMs,
): TicksDropped[] {
  const { spec } = state;
  // what has ended already, also by its number of fires, has no ticks to leave behind
  if (watermark === null || !isTicking(spec) || state.endedReason !== null) return [];
  const progress = { ...state, startAt: spec.startAt };
  const { tick } = planNext(spec, progress, state.fires);
  if (tick === null || tick > watermark) return [];
  return goneBy(spec, progress, tick, watermark).map((run) => ({
    type: 'TicksDropped',
    at: now,
    nextFireAt,
    nextTick,
    ...run,
  }));
}

/** The one place that says what a close does to the progress of a schedule; `evolve` uses it too. */
export function afterClose(
  state: TimerState,
  open: OpenEvent,
  watermark: EpochMs | null,
  now: EpochMs,
): TimerState {
  const countsFromClose =
    state.spec.schedPolicyType === 'AFTER_FINISH' || state.spec.schedPolicyType === 'ROUNDED';
  // a watermark set back replays: ticks since then are to come again
  const isReplay = watermark === null || watermark < open.scheduledFor;
  return {
    ...state,
    open: null,
    watermark,
    lastTick: isReplay ? null : state.lastTick,
    closedAt: countsFromClose ? now : null,
  };
}

function named(after: TimerState, moment: EpochMs, now: EpochMs): Replanned {
  if (after.spec.maxFires !== null && after.fires >= after.spec.maxFires) return replan(after, now);
  const plan = limited(after.spec, policyOf(after.spec), moment);
  return {
    nextTick: plan.tick,
    nextFireAt: idleClock({ ...after, nextTick: plan.tick }, now),
    ended: plan.ended,
  };
}

import type { EpochMs } from '../brand.js';
import type { TimerEnded } from '../event.js';
import { limited, policyOf } from '../schedule/plan.js';
import type { OpenEvent, TimerState } from '../state.js';
import { idleClock } from './clock.js';
import { endedEvents, type Replanned, replan } from './replan.js';

export interface Closing {
  readonly watermark: EpochMs | null;
  readonly nextTick: EpochMs | null;
  readonly nextFireAt: EpochMs | null;
  readonly ended: readonly TimerEnded[];
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
  return {
    watermark,
    nextTick: planned.nextTick,
    nextFireAt: planned.nextFireAt,
    ended: endedEvents(planned, state, now),
  };
}

function planAfter(after: TimerState, namedNext: EpochMs | null, now: EpochMs): Replanned {
  // cancelled while this event was open: it ended then
  if (after.endedReason === 'cancelled')
    return { nextTick: null, nextFireAt: idleClock({ ...after, nextTick: null }, now), ended: null };
  return namedNext === null ? replan(after, now) : named(after, namedNext, now);
}

/** Where the event began; under `missed: all` its tick, so that the ticks behind it are still to come. By default only forward. */
function defaultWatermark({ spec, watermark }: TimerState, { startedAt, scheduledFor }: OpenEvent): EpochMs {
  const isAll = Object.values(spec.missed).some(({ policy }) => policy === 'all');
  const progress = isAll ? scheduledFor : startedAt;
  return watermark !== null && watermark > progress ? watermark : progress;
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

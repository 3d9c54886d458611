import type { EpochMs } from '../brand.js';
import type { TimerEnded } from '../event.js';
import { planNext } from '../schedule/plan.js';
import type { EndedReason, TimerState } from '../state.js';
import { idleClock } from './clock.js';

export interface Replanned {
  readonly nextTick: EpochMs | null;
  /** What the clock of the (idle) timer shows then. */
  readonly nextFireAt: EpochMs | null;
  readonly ended: EndedReason | null;
}

/** The next tick and the clock of a timer whose event is over, or whose schedule changed. */
export function replan(state: TimerState, now: EpochMs): Replanned {
  const plan = planNext(state.spec, { ...state, startAt: state.spec.startAt }, state.fires);
  const nextFireAt = idleClock({ ...state, nextTick: plan.tick }, now);
  return { nextTick: plan.tick, nextFireAt, ended: plan.ended };
}

/** The fact that follows when nothing is left to come; a pending manual request still keeps the clock. */
export const endedEvents = ({ ended, nextFireAt }: Replanned, now: EpochMs): TimerEnded[] =>
  ended === null ? [] : [{ type: 'TimerEnded', at: now, nextFireAt, reason: ended }];

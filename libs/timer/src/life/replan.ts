import type { EpochMs } from '../brand.js';
import type { End, TimerEnded } from '../event.js';
import { planNext } from '../schedule/plan.js';
import type { ParentRef, TimerSpec } from '../spec.js';
import type { EndedReason, TimerState } from '../state.js';
import { idleClock, keptUntil } from './clock.js';

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
  // a tick that waits is still to come
  const ended = state.waitingTick === null ? plan.ended : null;
  return { nextTick: plan.tick, nextFireAt, ended };
}

type Endable = Pick<TimerState, 'spec' | 'pausedAt' | 'lease'>;

/** The fact that follows when nothing is left to come. */
export const endedEvents = (planned: Replanned, state: Endable, now: EpochMs): TimerEnded[] =>
  planned.ended === null
    ? []
    : [
        {
          type: 'TimerEnded',
          at: now,
          nextFireAt: endClock(planned, state, now),
          ...endOf(state, planned.ended),
        },
      ];

/** A pending manual request still keeps the clock; without one it shows when the timer deletes itself, if it ever does. */
export const endClock = ({ nextFireAt }: Replanned, state: Endable, now: EpochMs): EpochMs | null => {
  const isHeld = state.pausedAt !== null || !state.spec.enable;
  return nextFireAt ?? (isHeld ? null : keptUntil(state, now));
};

export const endOf = ({ spec }: Pick<TimerState, 'spec'>, reason: EndedReason): End => ({
  reason,
  ...parentOf(spec),
});

/** Whom the end of a child concerns. */
export const parentOf = ({ parent }: TimerSpec): { readonly parent?: ParentRef } =>
  parent === undefined ? {} : { parent };

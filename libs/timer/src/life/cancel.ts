import type { EpochMs } from '../brand.js';
import type { CancelTimer, RedriveEvent } from '../command.js';
import type { Decision } from '../decider.js';
import type { EventCancelled, EventGivenUp, TimerEnded } from '../event.js';
import type { GivenUpEvent, OpenEvent, TimerState } from '../state.js';
import { isUnclaimed } from './claim.js';
import { keptUntil } from './clock.js';
import { accept, reject } from './decision.js';
import { parentOf } from './replan.js';

// Ending a timer for good, and giving a given-up event another round.

export function cancel(state: TimerState, _command: CancelTimer, now: EpochMs): Decision {
  const { open, endedReason, fault, spec } = state;
  if (endedReason === 'cancelled') return accept();
  if (endedReason !== null && open === null)
    return reject('timer-ended', `the timer has ended (${endedReason})`);
  const nextFireAt = fault === null ? keptUntil(state, now) : null;
  const ended: TimerEnded = {
    type: 'TimerEnded',
    at: now,
    nextFireAt,
    reason: 'cancelled',
    ...parentOf(spec),
  };
  if (open === null) return accept(ended);
  // an attempt under way may still be closed, and its deadline still counts; nothing follows it
  if (open.phase === 'delivered' && !isUnclaimed(state, open))
    return accept({ ...ended, nextFireAt: state.nextFireAt });
  return accept(cancelledEvent({ ...state, endedAt: now }, open, open.lastError, now), ended);
}

export const cancelledEvent = (
  state: TimerState,
  { eventId, attempt }: OpenEvent,
  error: string | null,
  now: EpochMs,
): EventCancelled => ({
  type: 'EventCancelled',
  at: now,
  nextFireAt: state.fault === null ? keptUntil(state, state.endedAt ?? now) : null,
  eventId,
  attempt,
  error,
});

export function redrive(state: TimerState, { eventId }: RedriveEvent, now: EpochMs): Decision {
  const { givenUp: former, open, fault, spec, pausedAt } = state;
  if (fault !== null) return reject('timer-faulted', `the timer is faulted: ${fault}`);
  if (open !== null) return reject('event-open', `event ${open.eventId} is still open: close it first`);
  if (former === null || (eventId !== undefined && eventId !== former.eventId))
    return reject('not-given-up', 'no such event was given up, or it was redriven since');
  if (!spec.enable) return reject('timer-disabled', 'the timer is disabled: enable it first');
  if (pausedAt !== null) return reject('timer-paused', 'the timer is paused: resume it first');
  const { attempt } = former;
  return accept({ type: 'EventRedriven', at: now, nextFireAt: now, eventId: former.eventId, attempt });
}

/** What a give-up leaves behind. */
export const givenUp = (
  { eventId, attempt, scheduledFor, startedAt, data }: OpenEvent,
  { error, at }: EventGivenUp,
): GivenUpEvent => ({ eventId, attempt, scheduledFor, startedAt, data, error, at });

/** As after a failed attempt whose successor is due at once. */
export function reopened(state: TimerState): TimerState {
  const { givenUp: former } = state;
  if (former === null) return state;
  const { eventId, attempt, scheduledFor, startedAt, data, error } = former;
  const open: OpenEvent = {
    phase: 'retrying',
    eventId,
    attempt,
    attemptsBefore: attempt,
    scheduledFor,
    startedAt,
    watermarkBefore: state.watermark,
    data,
    manualRequestId: null,
    worker: null,
    claimed: false,
    progress: null,
    lastError: error,
  };
  return { ...state, open, givenUp: null, endedReason: null, endedAt: undefined, nextTick: null };
}

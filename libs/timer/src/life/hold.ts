import type { EpochMs } from '../brand.js';
import type { ExpireTimer, PauseTimer, ResumeTimer, TriggerTimer } from '../command.js';
import type { Decision } from '../decider.js';
import type { TimerResumed } from '../event.js';
import { durationMs } from '../schedule/duration.js';
import { pauseHoldsMax, pauseTokenMax, type TimerState } from '../state.js';
import { idleClock } from './clock.js';
import { accept, refuse, reject } from './decision.js';
import { defaultManualTimeout } from './defaults.js';
import { isFull } from './room.js';
import { durationProblem } from './validate.js';

// Holding a timer, letting it go, and firing it out of turn.

export function pause(state: TimerState, { token }: PauseTimer, now: EpochMs): Decision {
  // whoever holds it holds it once, so that one resume of theirs ends it and nothing becomes immortal
  if (state.pausedBy.some((hold) => hold.token === (token ?? ''))) return accept();
  if (token !== undefined && (token === '' || token.length > pauseTokenMax))
    return reject('invalid-command', `a token has 1 to ${pauseTokenMax} characters`, 'token');
  if (state.pausedBy.length >= pauseHoldsMax)
    return reject('invalid-command', `${pauseHoldsMax} hold this timer already`, 'token');
  const held = heldBy(state, token, now);
  const nextFireAt = state.open !== null ? state.nextFireAt : idleClock(held, now);
  return accept({ type: 'TimerPaused', at: now, nextFireAt, ...(token !== undefined && { token }) });
}

/** The one place that says what a pause and a resume do to who holds the timer; `evolve` uses them too. */
export const heldBy = (state: TimerState, token: string | undefined, now: EpochMs): TimerState => ({
  ...state,
  pausedAt: state.pausedAt ?? now,
  pausedBy: [...state.pausedBy, { token: token ?? '', at: now }],
});

export function letGoBy(state: TimerState, token: string | undefined, now: EpochMs): TimerState {
  const pausedBy = token === undefined ? [] : state.pausedBy.filter((hold) => hold.token !== token);
  if (pausedBy.length > 0) return { ...state, pausedBy };
  return { ...state, pausedBy, pausedAt: null, resumedAt: now, wasDisabled: undefined };
}

export function resume(state: TimerState, { token }: ResumeTimer, now: EpochMs): Decision {
  if (state.pausedAt === null) return reject('timer-not-paused', 'the timer is not paused');
  if (token !== undefined && !state.pausedBy.some((hold) => hold.token === token))
    return reject('timer-not-paused', `'${token.slice(0, pauseTokenMax)}' does not hold the timer`, 'token');
  return accept(resumed(state, 'command', now, token));
}

/** The same absolute times as before the pause; what passed meanwhile is settled by the missed policy when it fires. */
export function resumed(
  state: TimerState,
  by: 'command' | 'limit',
  now: EpochMs,
  token?: string,
): TimerResumed {
  const nextFireAt = state.open !== null ? state.nextFireAt : idleClock(letGoBy(state, token, now), now);
  const { nextTick } = state;
  return { type: 'TimerResumed', at: now, nextFireAt, by, ...(token !== undefined && { token }), nextTick };
}

export function expire(state: TimerState, _command: ExpireTimer, now: EpochMs): Decision {
  if (state.fault !== null) return reject('timer-faulted', `the timer is faulted: ${state.fault}`);
  if (state.open !== null)
    return reject('event-open', `event ${state.open.eventId} is still open: close it first`);
  if (state.endedReason !== null) return reject('timer-ended', `the timer has ended (${state.endedReason})`);
  if (!state.spec.enable) return reject('timer-disabled', 'the timer is disabled: enable it first');
  return accept({ type: 'TimerExpired', at: now, nextFireAt: now, nextTick: now });
}

export function trigger(state: TimerState, command: TriggerTimer, now: EpochMs): Decision {
  // asked for once already: it waits, has become an event or timed out, and `manual` tells which, to a later event too
  if (state.manual?.requestId === command.requestId) return accept();
  if (state.fault !== null) return reject('timer-faulted', `the timer is faulted: ${state.fault}`);
  if (state.endedReason === 'cancelled') return reject('timer-ended', 'the timer was cancelled');
  if (state.open !== null)
    return reject('event-open', 'manual trigger is not allowed when event is not closed');
  if (!state.spec.enable)
    return reject('timer-disabled', 'manual trigger is not allowed when timer is disabled');
  if (state.pausedAt !== null)
    return reject('timer-paused', 'manual trigger is not allowed when timer is paused');
  if (state.manual !== null && !state.manual.processed) {
    return reject('manual-request-pending', `manual request ${state.manual.requestId} is still pending`);
  }
  if (isFull(state))
    return reject('event-open', `${state.children.length} children are open, as many as openMax allows`);
  const timeout = command.timeout ?? defaultManualTimeout;
  const problem = durationProblem('timeout', timeout);
  if (problem !== null) return refuse(problem);
  const { requestId } = command;
  return accept({
    type: 'ManualTriggerRequested',
    at: now,
    nextFireAt: now,
    requestId,
    timeoutMs: durationMs(timeout),
  });
}

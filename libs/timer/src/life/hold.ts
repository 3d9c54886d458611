import type { EpochMs } from '../brand.js';
import type { ExpireTimer, PauseTimer, ResumeTimer, TriggerTimer } from '../command.js';
import type { Decision } from '../decider.js';
import { durationMs } from '../schedule/duration.js';
import type { TimerState } from '../state.js';
import { idleClock } from './clock.js';
import { accept, refuse, reject } from './decision.js';
import { defaultManualTimeout } from './defaults.js';
import { durationProblem } from './validate.js';

// Holding a timer, letting it go, and firing it out of turn.

export function pause(state: TimerState, _command: PauseTimer, now: EpochMs): Decision {
  // two updates that overlap pause twice: one resume ends it, and nothing becomes immortal
  if (state.pausedAt !== null) return accept();
  const nextFireAt = state.open !== null ? state.nextFireAt : idleClock({ ...state, pausedAt: now }, now);
  return accept({ type: 'TimerPaused', at: now, nextFireAt });
}

export function resume(state: TimerState, _command: ResumeTimer, now: EpochMs): Decision {
  if (state.pausedAt === null) return reject('timer-not-paused', 'the timer is not paused');
  return accept(resumed(state, 'command', now));
}

/** The same absolute times as before the pause; what passed meanwhile is settled by the missed policy when it fires. */
export function resumed(state: TimerState, by: 'command' | 'limit', now: EpochMs) {
  const nextFireAt =
    state.open !== null ? state.nextFireAt : idleClock({ ...state, pausedAt: null, resumedAt: now }, now);
  return { type: 'TimerResumed', at: now, nextFireAt, by, nextTick: state.nextTick } as const;
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
  if (state.fault !== null) return reject('timer-faulted', `the timer is faulted: ${state.fault}`);
  if (state.open !== null)
    return reject('event-open', 'manual trigger is not allowed when event is not closed');
  if (!state.spec.enable)
    return reject('timer-disabled', 'manual trigger is not allowed when timer is disabled');
  if (state.pausedAt !== null)
    return reject('timer-paused', 'manual trigger is not allowed when timer is paused');
  if (state.manual !== null && !state.manual.processed) {
    return reject('manual-request-pending', `manual request ${state.manual.requestId} is still pending`);
  }
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

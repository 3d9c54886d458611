import { type EpochMs, laterBy } from '../brand.js';
import type { AnswerPreSchedule, CloseEvent, HeartbeatEvent, RetryEvent } from '../command.js';
import type { Decision } from '../decider.js';
import type { EventClosed } from '../event.js';
import { durationMs } from '../schedule/duration.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import { type Answer, answerProblem } from './answer-content.js';
import { backoffMs } from './backoff.js';
import { cancelledEvent } from './cancel.js';
import { claim, claimProblem } from './claim.js';
import { closing } from './closing.js';
import { accept, refuse, reject } from './decision.js';

// What hooks say about an open event. Every answer names the event and the attempt; a former attempt's is refused.

export function answer(state: TimerState, command: Answer, now: EpochMs): Decision {
  const { open } = state;
  if (open === null)
    return reject(
      'no-open-event',
      `no event is open; ${command.eventId} was closed before, or never was this timer's`,
    );
  if (open.eventId !== command.eventId)
    return reject(
      'event-id-not-match',
      `timer event id not match: ${open.eventId} is open, not ${command.eventId}`,
    );
  if (command.attempt !== undefined && command.attempt !== open.attempt) {
    return reject(
      'stale-attempt',
      `attempt ${command.attempt} is not the present one (${open.attempt}): stop working on it`,
    );
  }
  if (isAsking(open) && (command.type === 'CloseEvent' || command.type === 'RetryEvent')) {
    return reject(
      'invalid-command',
      'the event has not been triggered yet: answer the question instead',
      'type',
    );
  }
  // a close ends the event of a held timer; anything else would set a clock that nobody looks at
  if (state.fault !== null && command.type !== 'CloseEvent') {
    return reject('timer-faulted', `the timer is faulted: ${state.fault}`);
  }
  const problem = claimProblem(state, open, command);
  if (problem !== null) return refuse(problem);
  switch (command.type) {
    case 'CloseEvent':
      return close(state, open, command, now);
    case 'RetryEvent':
      return retry(state, open, command, now);
    case 'HeartbeatEvent':
      return heartbeat(state, open, command, now);
    case 'ClaimEvent':
      return claim(state, open, command, now);
    case 'AnswerPreSchedule':
      return answerPreSchedule(open, command, now);
  }
}

function close(state: TimerState, open: OpenEvent, command: CloseEvent, now: EpochMs): Decision {
  const problem = answerProblem(command);
  if (problem !== null) return refuse(problem);
  if (command.nextFireAt !== undefined && state.spec.schedPolicyType !== 'ON_CLOSE') {
    return reject(
      'invalid-command',
      'nextFireAt belongs to ON_CLOSE timers; this one has a schedule of its own',
      'nextFireAt',
    );
  }
  const closed = closing(state, open, command.watermark, command.nextFireAt ?? null, now);
  const event: EventClosed = {
    type: 'EventClosed',
    at: now,
    eventId: open.eventId,
    attempt: open.attempt,
    ...closed.progress,
    ...(command.summary !== undefined && { summary: command.summary }),
    ...(command.result !== undefined && { result: command.result }),
  };
  return accept(...closed.dropped, event);
}

/** Never gives up by itself: when the last attempt has failed the clock strikes at once, and the fire service does. */
function retry(state: TimerState, open: OpenEvent, command: RetryEvent, now: EpochMs): Decision {
  const problem = answerProblem(command);
  if (problem !== null) return refuse(problem);
  const { retry: policy } = state.spec;
  if (state.endedReason === 'cancelled')
    return accept(cancelledEvent(state, open, command.error ?? null, now));
  const isHandedBack = command.handBack === true;
  // it was let go of before, or has failed: neither is undone
  if (isHandedBack && open.phase === 'retrying') return accept();
  const wasLast =
    !isHandedBack && policy.maxAttempts > 0 && open.attempt - open.attemptsBefore >= policy.maxAttempts;
  return accept({
    type: 'EventRetryScheduled',
    at: now,
    nextFireAt: wasLast ? now : retryMoment(state, open, command, now),
    eventId: open.eventId,
    attempt: open.attempt,
    error: command.error ?? null,
    ...(command.data !== undefined && { data: command.data }),
    ...(isHandedBack && { handedBack: true }),
  });
}

function retryMoment(state: TimerState, open: OpenEvent, command: RetryEvent, now: EpochMs): EpochMs {
  const { after, at, handBack } = command;
  if (at !== undefined) return at;
  if (after === undefined && handBack === true) return now;
  return laterBy(
    now,
    after !== undefined
      ? durationMs(after)
      : backoffMs(state.spec.retry, open.eventId, open.attempt - open.attemptsBefore),
  );
}

function heartbeat(state: TimerState, open: OpenEvent, command: HeartbeatEvent, now: EpochMs): Decision {
  const problem = answerProblem(command);
  if (problem !== null) return refuse(problem);
  if (open.phase !== 'delivered')
    return reject('invalid-command', `there is nothing to extend while the event is ${open.phase}`, 'type');
  return accept({
    type: 'EventExtended',
    at: now,
    nextFireAt: laterBy(now, durationMs(state.spec.ackTimeout)),
    eventId: open.eventId,
    attempt: open.attempt,
    worker: command.worker ?? open.worker,
    progress: command.progress ?? open.progress,
  });
}

function answerPreSchedule(open: OpenEvent, command: AnswerPreSchedule, now: EpochMs): Decision {
  if (open.phase !== 'asking') return reject('not-asking', `no question is open: the event is ${open.phase}`);
  const problem = answerProblem(command);
  if (problem !== null) return refuse(problem);
  const { eventId, attempt } = open;
  if (command.delay !== undefined) {
    return accept({
      type: 'PreScheduleDelayed',
      at: now,
      nextFireAt: laterBy(now, durationMs(command.delay)),
      eventId,
      attempt,
    });
  }
  return accept({
    type: 'PreScheduleAnswered',
    at: now,
    nextFireAt: now,
    eventId,
    attempt,
    eventData: command.eventData ?? null,
  });
}

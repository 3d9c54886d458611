import { type EpochMs, laterBy } from '../brand.js';
import type { ClaimEvent } from '../command.js';
import type { Decision } from '../decider.js';
import type { Rejection } from '../rejection.js';
import { durationMs } from '../schedule/duration.js';
import type { OpenEvent, TimerState } from '../state.js';
import type { Answer } from './answer-content.js';
import { accept, reject } from './decision.js';

// Whose an open event is: one worker claims an attempt, and then only this worker's answers count. A timer that needs a
// claim waits for one without using attempts up.

/** How often an event that nobody claims is offered, ms, unless its ack timeout is longer. */
export const offerEveryMs = 30_000;

/** How long a delivered event has until the clock looks at it again. */
export function deliveryWaitMs({ spec }: TimerState, isClaimed: boolean): number {
  const ackTimeoutMs = durationMs(spec.ackTimeout);
  return spec.needsClaim === true && !isClaimed ? Math.max(offerEveryMs, ackTimeoutMs) : ackTimeoutMs;
}

/** An attempt that waits for its worker: nothing is under way yet. */
export const isUnclaimed = ({ spec }: TimerState, { phase, claimed }: OpenEvent): boolean =>
  spec.needsClaim === true && phase === 'delivered' && !claimed;

export function claim(state: TimerState, open: OpenEvent, command: ClaimEvent, now: EpochMs): Decision {
  const isTakeOver = command.takeOver === true && (open.claimed || open.phase === 'retrying');
  if (open.phase !== 'delivered' && !isTakeOver)
    return reject('invalid-command', `there is nothing to claim while the event is ${open.phase}`, 'type');
  if (!isTakeOver && open.claimed && open.worker === command.worker) return accept();
  if (!isTakeOver && open.claimed)
    return reject('already-claimed', `${open.worker} has claimed this attempt`);
  return accept({
    type: 'EventClaimed',
    at: now,
    nextFireAt: laterBy(now, deliveryWaitMs(state, true)),
    eventId: open.eventId,
    attempt: isTakeOver ? open.attempt + 1 : open.attempt,
    worker: command.worker,
  });
}

/** Why this sender may not answer; an operator, who names neither attempt nor worker, always may. */
export function claimProblem({ spec }: TimerState, open: OpenEvent, command: Answer): Rejection | null {
  if (command.type === 'ClaimEvent' || command.type === 'AnswerPreSchedule') return null;
  if (open.claimed && command.worker !== undefined && command.worker !== open.worker)
    return { code: 'already-claimed', message: `${open.worker} has claimed this attempt` };
  const isHandBack = command.type === 'RetryEvent' && command.handBack === true;
  if (spec.needsClaim === true && !open.claimed && command.attempt !== undefined && !isHandBack)
    return { code: 'not-claimed', message: 'nobody has claimed this attempt: claim it before working on it' };
  return null;
}

import type { DueEvent } from '#contract';
import {
  AlreadyClaimedError,
  EventIdNotMatchError,
  NoOpenEventError,
  StaleAttemptError,
  TimerNotExistError,
} from './errors.js';
import type { Timers } from './timers.js';

/** The event is somebody else's, was closed or called back, or belongs to a life that is over. */
const lost = [
  AlreadyClaimedError,
  EventIdNotMatchError,
  NoOpenEventError,
  StaleAttemptError,
  TimerNotExistError,
];

/**
 * Claims an attempt before work on it begins; false: leave it. A due event may be delivered twice, also without a crash: when
 * workers come and go, what one has closed a moment ago may reach another. Costs a command; for work that must not be done twice.
 */
export async function ownEvent(
  timers: Pick<Timers, 'claimEvent'>,
  { timer, eventId, attempt }: DueEvent,
  worker: string,
): Promise<boolean> {
  try {
    await timers.claimEvent({ timerId: timer.id }, { eventId, attempt, worker });
    return true;
  } catch (error) {
    if (lost.some((kind) => error instanceof kind)) return false;
    throw error;
  }
}

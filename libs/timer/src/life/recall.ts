import type { EpochMs } from '../brand.js';
import type { Recalls } from '../command.js';
import type { Decision } from '../decider.js';
import type { EventRecalled } from '../event.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import { processedManual } from './asking.js';
import { idleClock } from './clock.js';
import { reject } from './decision.js';

// Between its trigger and a worker's claim an event has begun for nobody: it can still be called back.

/** Decides on the timer as it is without its open event, if the command calls that back. */
export function recalling(
  state: TimerState,
  { recall }: Recalls,
  now: EpochMs,
  decideOn: (called: TimerState) => Decision,
): Decision {
  const { open, fault } = state;
  if (recall !== true || open === null) return decideOn(state);
  if (fault !== null) return reject('timer-faulted', `the timer is faulted: ${fault}`);
  if (open.claimed && open.phase === 'delivered')
    return reject('already-claimed', `${open.worker} has claimed event ${open.eventId}`);
  const called = recalled(state, open);
  const decision = decideOn(called);
  if (!decision.ok) return decision;
  const event: EventRecalled = {
    type: 'EventRecalled',
    at: now,
    nextFireAt: idleClock(called, now),
    eventId: open.eventId,
    attempt: open.attempt,
    nextTick: open.scheduledFor,
  };
  return { ok: true, events: [event, ...decision.events] };
}

/** As before the trigger, or the question: the tick is still to come. `evolve` uses it too. */
export const recalled = (state: TimerState, open: OpenEvent): TimerState => ({
  ...state,
  open: null,
  nextTick: open.scheduledFor,
  lastTick: state.lastTick === open.scheduledFor ? (open.lastTickBefore ?? null) : state.lastTick,
  manual: processedManual(state, open),
  // a question was no fire yet
  fires: isAsking(open) ? state.fires : Math.max(0, state.fires - 1),
});

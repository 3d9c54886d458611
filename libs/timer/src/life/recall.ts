import type { EpochMs } from '../brand.js';
import type { Recalls } from '../command.js';
import type { Decision } from '../decider.js';
import type { EventRecalled } from '../event.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import { processedManual } from './asking.js';
import { idleClock } from './clock.js';
import { reject } from './decision.js';
import { replan } from './replan.js';

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
  const comes = whatComes(state, open, now);
  const called = recalled(state, open, comes);
  const decision = decideOn(called);
  if (!decision.ok) return decision;
  const event: EventRecalled = {
    type: 'EventRecalled',
    nextFireAt: idleClock(called, now),
    eventId: open.eventId,
    attempt: open.attempt,
    ...comes,
  };
  return { ok: true, events: [event, ...decision.events] };
}

type Coming = Pick<EventRecalled, 'at' | 'nextTick' | 'manualRequestId'>;

/** Its tick; one by hand stands for none, and its request comes again beside the tick of the schedule. */
function whatComes(state: TimerState, open: OpenEvent, now: EpochMs): Coming {
  const { manualRequestId, scheduledFor } = open;
  if (manualRequestId === null) return { at: now, nextTick: scheduledFor };
  const { nextTick } = replan(recalled(state, open, { at: now, nextTick: null, manualRequestId }), now);
  return { at: now, nextTick, manualRequestId };
}

/** As before the trigger, or the question. `evolve` uses it too. */
export const recalled = (
  state: TimerState,
  open: OpenEvent,
  { at, nextTick, manualRequestId }: Coming,
): TimerState => ({
  ...state,
  open: null,
  nextTick,
  lastTick: state.lastTick === open.scheduledFor ? (open.lastTickBefore ?? null) : state.lastTick,
  manual: manualRequestId === undefined ? processedManual(state, open) : madeAnew(state, at),
  // a question was no fire yet
  fires: isAsking(open) ? state.fires : Math.max(0, state.fires - 1),
});

const madeAnew = ({ manual }: TimerState, at: EpochMs): TimerState['manual'] =>
  manual === null ? null : { ...manual, requestedAt: at, processed: false, eventId: null };

import type { CommandId, EpochMs, EventId } from '../brand.js';
import { decide } from '../decide.js';
import type { TimerEvent } from '../event.js';
import { evolve } from '../evolve.js';
import { idleClock } from '../life/clock.js';
import { closing } from '../life/closing.js';
import { replan } from '../life/replan.js';
import type { TimerState } from '../state.js';

// The aggregate on a clock of our own, for looking ahead. Nothing here leaves memory.

/** The clock strikes: what would be decided, and what the timer would be then. */
export function play(
  state: TimerState,
  now: EpochMs,
): { readonly after: TimerState; readonly events: readonly TimerEvent[] } {
  const decision = decide(
    state,
    { type: 'FireDue', commandId: null, eventId: `rehearsed-${state.version}` as EventId },
    now,
  );
  const events = decision.ok ? decision.events : [];
  return { after: fold(state, events, null), events };
}

/** The state after these events. */
export function fold(
  state: TimerState,
  events: readonly TimerEvent[],
  commandId: CommandId | null,
): TimerState {
  let after = state;
  for (const event of events)
    after = evolve(after, { version: after.version + 1, commandId, event }) ?? after;
  return after;
}

/** With a next time and a clock, as though its event were closed and whatever held it had let go. */
export function planned(state: TimerState, now: EpochMs): TimerState {
  const { open } = state;
  if (open === null) {
    // a next time is kept as it is: a close or an expiry may have set one that the schedule does not know
    if (state.nextTick !== null || state.endedReason !== null)
      return { ...state, nextFireAt: idleClock(state, now) };
    const { nextTick, nextFireAt, ended } = replan(state, now);
    return { ...state, nextTick, nextFireAt, endedReason: ended };
  }
  const { progress } = closing(state, open, undefined, null, now);
  const { eventId, attempt } = open;
  return fold(state, [{ type: 'EventClosed', at: now, eventId, attempt, ...progress }], null);
}

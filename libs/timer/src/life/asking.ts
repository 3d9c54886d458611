import type { EpochMs } from '../brand.js';
import type { Decision } from '../decider.js';
import type { DroppedReason } from '../event.js';
import type { OpenEvent, TimerState } from '../state.js';
import { leftBehind } from './closing.js';
import { accept } from './decision.js';
import { endedEvents, replan } from './replan.js';

// A question to the hook that leads to no event.

/** What keeps a question from becoming an event: nothing is due yet, so a timer that is held meanwhile stays silent. */
export function holdOf({ spec, pausedAt }: TimerState): 'disabled' | 'paused' | null {
  if (!spec.enable) return 'disabled';
  return pausedAt === null ? null : 'paused';
}

/** The question ends, and its tick with it. */
export function dropQuestion(
  state: TimerState,
  open: OpenEvent,
  reason: DroppedReason,
  now: EpochMs,
): Decision {
  const { scheduledFor } = open;
  const after = { ...state, open: null, lastTick: scheduledFor, manual: processedManual(state, open) };
  const planned = replan(after, now);
  const { nextTick, nextFireAt } = planned;
  const tick = { first: scheduledFor, last: scheduledFor, count: 1, countIsExact: true };
  // one by hand is no tick of the schedule, yet those before it are not to come any more
  const before = open.manualRequestId === null ? [] : leftBehind(state, scheduledFor, planned, now);
  return accept(
    ...before,
    { type: 'TicksDropped', at: now, nextFireAt, reason, nextTick, ...tick },
    ...endedEvents(planned, state, now),
  );
}

/** A manual request whose event or question this was has had its turn. */
export const processedManual = (
  { manual }: TimerState,
  { manualRequestId }: OpenEvent,
): TimerState['manual'] =>
  manual !== null && manual.requestId === manualRequestId ? { ...manual, processed: true } : manual;

import type { RecordedEvent, TimerEvent } from './event.js';
import type { TimerState } from './state.js';

const asking: ReadonlySet<TimerEvent['type']> = new Set([
  'TimerCreated',
  'TimerUpdated',
  'TimerResumed',
  'TimerExpired',
  'ManualTriggerRequested',
  'EventRedriven',
]);

/** The contexts after a fact; most timers have none, and cost nothing here. */
export function traced(state: TimerState, { event, meta }: RecordedEvent): TimerState {
  const { trace, open } = state;
  const given = meta?.traceparent;
  if (trace === undefined && given === undefined) return state;
  const begins = event.type === 'EventTriggered' || event.type === 'PreScheduleAsked';
  const isNewCause = given !== undefined && asking.has(event.type);
  const cause = isNewCause ? given : trace?.cause;
  const isCauseSpent = begins || (!isNewCause && trace?.isCauseSpent === true);
  const sent = begins || event.type === 'EventRedelivered' ? given : undefined;
  const ofEvent = open === null ? undefined : (sent ?? trace?.event);
  if (cause === undefined && ofEvent === undefined) return { ...state, trace: undefined };
  return {
    ...state,
    trace: {
      ...(cause !== undefined && { cause, ...(isCauseSpent && { isCauseSpent }) }),
      ...(ofEvent !== undefined && { event: ofEvent }),
    },
  };
}

/** The context that what is sent for a timer belongs to; absent: a trace of its own, or none. */
export const traceOfFiring = ({ trace }: TimerState): string | undefined =>
  trace?.event ?? (trace?.isCauseSpent === true ? undefined : trace?.cause);

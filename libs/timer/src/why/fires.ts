import type { EventId } from '../brand.js';
import type { TimerEvent } from '../event.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import type { WhyFire } from './answer.js';

/** The events of a history, in the order they began: what they are while open as the state has it, and how they ended. */
export class FiresTold {
  readonly #byId = new Map<EventId, WhyFire>();

  get all(): readonly WhyFire[] {
    return [...this.#byId.values()];
  }

  /** Whatever moved an open event on, its attempt and its last error are those of the state. */
  follow(state: TimerState | null): void {
    const open = state?.open ?? null;
    if (open === null || isAsking(open)) return;
    const told = this.#byId.get(open.eventId);
    if (told === undefined) this.#byId.set(open.eventId, fireOf(open));
    else if (told.attempts !== open.attempt || told.error !== open.lastError || told.outcome !== 'open')
      this.#byId.set(open.eventId, {
        ...told,
        attempts: open.attempt,
        error: open.lastError,
        outcome: 'open',
        closedAt: null,
      });
  }

  /** @param before the state that the event met */
  note(event: TimerEvent, before: TimerState | null): void {
    if (event.type === 'EventTriggered') {
      this.#byId.set(event.eventId, fireOf({ ...event, lastError: null }));
      return;
    }
    const eventId = 'eventId' in event ? event.eventId : before?.open?.eventId;
    const told = eventId === undefined ? undefined : this.#byId.get(eventId);
    const end = told === undefined ? null : endOf(event);
    if (told !== undefined && end !== null) this.#byId.set(told.eventId, { ...told, ...end });
  }
}

const fireOf = (
  open: Pick<
    OpenEvent,
    'eventId' | 'scheduledFor' | 'startedAt' | 'attempt' | 'lastError' | 'manualRequestId'
  >,
) =>
  ({
    eventId: open.eventId,
    scheduledFor: open.scheduledFor,
    startedAt: open.startedAt,
    latenessMs: open.startedAt - open.scheduledFor,
    attempts: open.attempt,
    outcome: 'open',
    closedAt: null,
    error: open.lastError,
    manualRequestId: open.manualRequestId,
  }) satisfies WhyFire;

function endOf(event: TimerEvent): Partial<WhyFire> | null {
  switch (event.type) {
    case 'EventClosed':
      return { outcome: 'closed', closedAt: event.at, attempts: event.attempt };
    case 'EventGivenUp':
      return { outcome: 'given-up', closedAt: event.at, attempts: event.attempt, error: event.error };
    case 'EventCancelled':
      return { outcome: 'cancelled', closedAt: event.at, error: event.error };
    case 'EventRecalled':
      return { outcome: 'recalled', closedAt: event.at };
    case 'TimerDeleted':
      return { outcome: 'deleted', closedAt: event.at };
    default:
      return null;
  }
}

import type { Wraps } from '#testing';
import type { EpochMs, TimerCommand } from '#timer';
import { decidingWith, mapEvents } from './wrapping.js';

// The aggregate decides wrongly.

export const tickSwallowed = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    const decision = original(state, command, now);
    if (!decision.ok) return decision;
    return { ...decision, events: decision.events.filter(({ type }) => type !== 'TicksDropped') };
  });

/** The deadline passes, and in place of the next attempt another event begins. */
export const secondEventOpens = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    const decision = original(state, command, now);
    if (state === null || command.type !== 'FireDue') return decision;
    return mapEvents(decision, (event) =>
      event.type === 'EventRedelivered'
        ? {
            type: 'EventTriggered',
            at: now,
            nextFireAt: event.nextFireAt,
            eventId: command.eventId,
            attempt: 1,
            scheduledFor: now,
            startedAt: now,
            eventData: null,
            manualRequestId: null,
          }
        : event,
    );
  });

export const endsUnheard = (): Wraps =>
  decidingWith(
    (original) => (state, command, now) =>
      command.type === 'EndChild' ? { ok: true, events: [] } : original(state, command, now),
  );

export const closedAgain = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    if (state === null || command.type !== 'CloseEvent' || state.open !== null)
      return original(state, command, now);
    const { nextFireAt, nextTick, watermark } = state;
    const { eventId, attempt = 1 } = command;
    return {
      ok: true,
      events: [{ type: 'EventClosed', at: now, nextFireAt, eventId, attempt, watermark, nextTick }],
    };
  });

const withoutAttempt = (command: TimerCommand): TimerCommand => {
  if (!('attempt' in command) || command.type === 'ConfirmEmission') return command;
  const { attempt: _attempt, ...rest } = command;
  return rest;
};

/** The hook class of a timer changes while an event is open, which stays open. */
export const rehooksWhatIsOpen = (): Wraps =>
  decidingWith((original) => (state, command, now) => {
    const decision = original(state, command, now);
    if (!decision.ok || state?.open == null || command.type !== 'UpdateTimer') return decision;
    const { nextTick, nextFireAt } = state;
    const kept = decision.events.filter(({ type }) => type !== 'EventRecalled');
    return {
      ok: true,
      events: kept.map((event) =>
        event.type === 'TimerUpdated' ? { ...event, nextTick, nextFireAt } : event,
      ),
    };
  });

export const notFenced = (): Wraps =>
  decidingWith((original) => (state, command, now) => original(state, withoutAttempt(command), now));

export const attemptNotCounted = (): Wraps =>
  decidingWith(
    (original) => (state, command, now) =>
      mapEvents(original(state, command, now), (event) =>
        event.type === 'EventRedelivered' ? { ...event, attempt: Math.max(1, event.attempt - 1) } : event,
      ),
  );

export const watermarkBack = (): Wraps =>
  decidingWith(
    (original) => (state, command, now) =>
      mapEvents(original(state, command, now), (event) =>
        event.type === 'EventClosed' && event.watermark !== null
          ? { ...event, watermark: (event.watermark - 60_000) as EpochMs }
          : event,
      ),
  );

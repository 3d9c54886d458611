import type { EpochMs, EventId } from '../brand.js';
import type { TicksDropped, TimerEvent } from '../event.js';
import { evolve } from '../evolve.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import type { HistoryFact, WhyFire, WhyReason, WhyRequest, WhyVerdict } from './answer.js';

/** The timer between two facts. */
export interface Stretch {
  /** −∞ for what was before the first entry. */
  readonly fromMs: number;
  readonly state: TimerState | null;
  /** What a deleted timer was last. */
  readonly gone: TimerState | null;
}

export interface Timeline {
  /** Oldest first; each lasts until the next one begins. */
  readonly stretches: readonly Stretch[];
  readonly fires: readonly WhyFire[];
  readonly drops: readonly TicksDropped[];
  readonly history: readonly HistoryFact[];
  /** The first state there is: what a tick before the creation is measured by. */
  readonly first: TimerState | null;
  readonly last: TimerState | null;
}

/** What became of a tick, before it is put into words. */
export interface Finding {
  readonly verdict: WhyVerdict;
  readonly reason: WhyReason | null;
  readonly fire: WhyFire | null;
  readonly drop: TicksDropped | null;
}

/** Folds the history, and collects what it says about ticks. */
export function readTimeline({ before, history }: Pick<WhyRequest, 'before' | 'history'>): Timeline {
  const stretches: Stretch[] = [{ fromMs: Number.NEGATIVE_INFINITY, state: before, gone: null }];
  const fires = new Map<EventId, WhyFire>();
  if (before?.open != null && !isAsking(before.open)) fires.set(before.open.eventId, fireOf(before.open));
  const drops: TicksDropped[] = [];
  let state = before;
  for (const recorded of history) {
    const { event } = recorded;
    if (event.type === 'TicksDropped') drops.push(event);
    noteFire(fires, state, event);
    const after = evolve(state, recorded);
    stretches.push({ fromMs: event.at, state: after, gone: after === null ? state : null });
    state = after;
  }
  const first = stretches.find((stretch) => stretch.state !== null)?.state ?? null;
  return { stretches, fires: [...fires.values()], drops, history, first, last: state };
}

const fireOf = (
  open: Pick<OpenEvent, 'eventId' | 'scheduledFor' | 'startedAt' | 'attempt' | 'manualRequestId'>,
) =>
  ({
    eventId: open.eventId,
    scheduledFor: open.scheduledFor,
    startedAt: open.startedAt,
    latenessMs: open.startedAt - open.scheduledFor,
    attempts: open.attempt,
    outcome: 'open',
    closedAt: null,
    error: null,
    manualRequestId: open.manualRequestId,
  }) satisfies WhyFire;

function noteFire(fires: Map<EventId, WhyFire>, state: TimerState | null, event: TimerEvent): void {
  if (event.type === 'EventTriggered') {
    fires.set(event.eventId, fireOf(event));
    return;
  }
  const eventId = 'eventId' in event ? event.eventId : state?.open?.eventId;
  const fire = eventId === undefined ? undefined : fires.get(eventId);
  const news = fire === undefined ? null : newsOf(event);
  if (fire !== undefined && news !== null) fires.set(fire.eventId, { ...fire, ...news });
}

function newsOf(event: TimerEvent): Partial<WhyFire> | null {
  switch (event.type) {
    case 'EventRedelivered':
      return { attempts: event.attempt };
    case 'EventRetryScheduled':
      return { error: event.error };
    case 'EventClosed':
      return { outcome: 'closed', closedAt: event.at, attempts: event.attempt };
    case 'EventGivenUp':
      return { outcome: 'given-up', closedAt: event.at, attempts: event.attempt, error: event.error };
    case 'EventCancelled':
      return { outcome: 'cancelled', closedAt: event.at, error: event.error };
    case 'EventRecalled':
      return { outcome: 'recalled', closedAt: event.at };
    case 'EventRedriven':
      return { outcome: 'open', closedAt: null };
    case 'TimerDeleted':
      return { outcome: 'deleted', closedAt: event.at };
    default:
      return null;
  }
}

/** What the timer was at a moment, after everything that was decided then. */
export function stateAt({ stretches }: Timeline, moment: EpochMs): TimerState | null {
  return stretches.findLast(({ fromMs }) => fromMs <= moment)?.state ?? null;
}

import type { UnmintedCommand } from '#engine';
import { durationMs, type EventId, isAsking } from '#timer';
import type { World } from '../world.js';
import type { Entry, History } from './history.js';
import { onTheWayMs, recalledEvents } from './topics.js';
import type { Violation } from './violation.js';

/** 3: a timer has one open event at a time. */
export function oneOpenEvent({ timerId, entries }: History): Violation[] {
  let open: EventId | null = null;
  const found: Violation[] = [];
  for (const { event } of entries) {
    if (event.type === 'EventTriggered') {
      if (open !== null)
        found.push({ promise: 3, detail: `${timerId}: ${event.eventId} began while ${open} was open` });
      open = event.eventId;
    }
    if (['EventClosed', 'EventGivenUp', 'EventRecalled'].includes(event.type)) open = null;
  }
  return found;
}

/** 4: of any number of closes one wins, and the others are told so. */
export function closedOnce(history: History, world: World): Violation[] {
  const ended = new Set<EventId>();
  const found: Violation[] = [];
  for (const { event } of history.entries) {
    if (event.type !== 'EventClosed' && event.type !== 'EventGivenUp') continue;
    if (ended.has(event.eventId)) found.push({ promise: 4, detail: `${event.eventId} was closed twice` });
    ended.add(event.eventId);
  }
  const closers = new Map<EventId, Set<string>>();
  for (const { envelope, outcome } of world.witness.outcomes) {
    const { content } = envelope;
    if (outcome.kind !== 'applied' || content.kind !== 'command' || content.command.type !== 'CloseEvent')
      continue;
    const { eventId, commandId } = content.command;
    if (!ended.has(eventId)) continue;
    closers.set(eventId, (closers.get(eventId) ?? new Set()).add(commandId));
  }
  for (const [eventId, winners] of closers)
    if (winners.size > 1)
      found.push({ promise: 4, detail: `${winners.size} closes of ${eventId} were told they won` });
  return found;
}

type Answer = Extract<UnmintedCommand, { eventId: EventId }>;

/** 5: an answer counts for the event and the attempt that it names, while they are the present ones. */
export function fenced(history: History, answers: ReadonlyMap<string, Answer>): Violation[] {
  return history.entries.flatMap(({ stored, event, before }): Violation[] => {
    const answer = stored.commandId === null ? undefined : answers.get(stored.commandId);
    if (answer === undefined) return [];
    const open = before?.open;
    const isPresent =
      open?.eventId === answer.eventId && (answer.attempt === undefined || answer.attempt === open.attempt);
    if (isPresent) return [];
    return [
      {
        promise: 5,
        detail: `${event.type} by an answer to ${answer.eventId}/${answer.attempt}, while ${open?.eventId}/${open?.attempt} was open`,
      },
    ];
  });
}

export const answersOf = ({ topics }: World): ReadonlyMap<string, Answer> =>
  new Map(
    topics.commands
      .all()
      .flatMap(({ value }) =>
        value.kind === 'command' && 'eventId' in value.command && value.command.type !== 'RedriveEvent'
          ? [[value.commandId, value.command] as const]
          : [],
      ),
  );

/** 6, on the log: the next attempt of the same event follows a deadline; a new event has an id of its own. */
export function attemptsRise({ entries }: History): Violation[] {
  const seen = new Set<EventId>();
  return entries.flatMap(({ event, before }): Violation[] => {
    const open = before?.open ?? null;
    if (event.type === 'EventRedelivered') {
      // an offer that nobody took is made again: the attempt has not begun
      const next = (open?.attempt ?? 0) + (event.reason === 'unclaimed' ? 0 : 1);
      const follows = event.eventId === open?.eventId && event.attempt === next;
      return follows
        ? []
        : [
            {
              promise: 6,
              detail: `${event.eventId}/${event.attempt} follows ${open?.eventId}/${open?.attempt}`,
            },
          ];
    }
    if (event.type !== 'EventTriggered') return [];
    const isAnswered = open !== null && isAsking(open) && open.eventId === event.eventId;
    const isNew = isAnswered || !seen.has(event.eventId);
    seen.add(event.eventId);
    return isNew && event.attempt === 1
      ? []
      : [{ promise: 6, detail: `${event.eventId} begins again, with attempt ${event.attempt}` }];
  });
}

/** 2, on the log: every tick of a schedule on a grid fired, or a fact says why not. */
export function noTickLost({ timerId, entries }: History, named: ReadonlySet<string>): Violation[] {
  const created = entries[0]?.event;
  if (created?.type !== 'TimerCreated' || created.spec.startAt === null || isMovedByHand(entries, named))
    return [];
  const stepMs = durationMs(created.spec.schedPolicyExpr);
  let last: number | null = null;
  const found: Violation[] = [];
  for (const [first, until] of covered(entries)) {
    if (last !== null && first !== last + stepMs)
      found.push({
        promise: 2,
        detail: `${timerId}: after the tick ${last} came ${first}, of every ${stepMs} ms`,
      });
    last = until;
  }
  return found;
}

/** Somebody changed the schedule or where it stands: its ticks are not on one grid any more. */
const isMovedByHand = (entries: readonly Entry[], named: ReadonlySet<string>): boolean =>
  entries.some(
    ({ event, stored }) =>
      event.type === 'TimerUpdated' || event.type === 'TimerExpired' || named.has(stored.commandId ?? ''),
  );

function covered(entries: readonly Entry[]): (readonly [number, number])[] {
  const recalled = recalledEvents(entries);
  return entries.flatMap(({ event, before }): (readonly [number, number])[] => {
    // a question that was asked by hand stands for no tick, whatever ended it
    const open = before?.open ?? null;
    const isByHand = open !== null && isAsking(open) && open.manualRequestId !== null;
    if (event.type === 'TicksDropped')
      return isByHand && event.first === open.scheduledFor ? [] : [[event.first, event.last]];
    if (event.type === 'TickQueued') return [[event.scheduledFor, event.scheduledFor]];
    if (event.type !== 'EventTriggered' || event.manualRequestId !== null) return [];
    // its tick comes again
    if (recalled.has(event.eventId)) return [];
    // it was queued, and is covered
    if (event.scheduledFor === before?.waitingTick) return [];
    return [[event.scheduledFor, event.scheduledFor]];
  });
}

/** 2, on the log: each child that was spawned was created, in the same database, and its parent hears of its end. */
export function childrenKnown(histories: readonly History[]): Violation[] {
  const byId = new Map(histories.map((history) => [history.timerId, history]));
  return histories.flatMap(({ timerId, database, entries }): Violation[] => {
    const spawned = entries.flatMap(({ event }) => (event.type === 'ChildSpawned' ? [event.childId] : []));
    const unborn = spawned.filter((childId) => byId.get(childId)?.database !== database);
    const open = entries.at(-1)?.after?.children ?? [];
    const unheard = open.filter((childId) => endedAWhileAgo(byId.get(childId)));
    return [
      ...unborn.map(
        (id): Violation => ({ promise: 2, detail: `${timerId} has a child ${id} that is not there` }),
      ),
      ...unheard.map(
        (id): Violation => ({ promise: 2, detail: `${timerId} has not heard that ${id} has ended` }),
      ),
    ];
  });
}

/** The word of it has reached the parent by then. */
function endedAWhileAgo(history: History | undefined): boolean {
  const end = history?.entries.find(({ after }) => after === null || after.endedReason !== null);
  return end !== undefined && (history?.database.now() ?? 0) - end.stored.recordedAt > onTheWayMs;
}

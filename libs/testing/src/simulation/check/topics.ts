import { isDeepStrictEqual } from 'node:util';
import type { WireRecord } from '#contract';
import type { EventId, TimerId } from '#timer';
import type { World } from '../world.js';
import type { Entry, History } from './history.js';
import type { Violation } from './violation.js';

/** What follows from what was written this short a time ago may still be on its way. */
export const onTheWayMs = 3_000;

interface Sent {
  readonly record: WireRecord;
  readonly timerId: TimerId;
  readonly version: number;
  readonly eventId: EventId;
  readonly attempt: number;
  readonly hookClass: string;
  readonly told: Told;
}

/** The event itself: its timer may have been changed since, and its deadline put off. */
interface Told {
  readonly eventId: EventId;
  readonly attempt: number;
  readonly scheduledFor: string;
  readonly startedAt: string;
}
interface DueBody extends Told {
  readonly timer: { readonly hookClass: string };
}

export function sentOf(records: readonly { readonly value: WireRecord }[]): readonly Sent[] {
  return records.map(({ value: record }) => {
    const { eventId, attempt, scheduledFor, startedAt, timer } = JSON.parse(record.value) as DueBody;
    const { ce_timerid, ce_timerversion } = record.headers;
    return {
      record,
      timerId: ce_timerid as TimerId,
      version: Number(ce_timerversion),
      eventId,
      attempt,
      hookClass: timer.hookClass,
      told: { eventId, attempt, scheduledFor, startedAt },
    };
  });
}

/** Called back before anybody had begun them; an event of the same tick may have followed. */
export const recalledEvents = (entries: readonly Entry[]): ReadonlySet<EventId> =>
  new Set(entries.flatMap(({ event }) => (event.type === 'EventRecalled' ? [event.eventId] : [])));

/** 2, on the topics: what was triggered was sent, unless its event was over before; what was given up is among the dead. */
export function everythingSent(history: History, world: World, due: readonly Sent[]): Violation[] {
  const { topics, witness } = world;
  const { database } = history;
  const sent = new Set(due.map(({ eventId }) => eventId));
  const dead = new Set(sentOf(topics.dead.all()).map(({ eventId }) => eventId));
  const isGone = history.entries.at(-1)?.after === null;
  const recalled = recalledEvents(history.entries);
  return history.entries.flatMap(({ stored, event, before }): Violation[] => {
    if (database.now() - stored.recordedAt < onTheWayMs || before?.spec.hookClass === '') return [];
    if (event.type === 'EventTriggered' && !sent.has(event.eventId)) {
      if (isGone || witness.closedByOperator.has(event.eventId) || recalled.has(event.eventId)) return [];
      return [{ promise: 2, detail: `${event.eventId} was triggered and never sent` }];
    }
    if (event.type === 'EventGivenUp' && !dead.has(event.eventId))
      return [{ promise: 2, detail: `${event.eventId} was given up and is not among the dead` }];
    return [];
  });
}

/** 6, on the topics: what is sent is open in that attempt by the log, and what is sent again tells of the same event. */
export function sameAgain(histories: readonly History[], due: readonly Sent[]): Violation[] {
  const causes = new Map(
    histories.flatMap(({ timerId, entries }) =>
      entries.map(({ stored, after }) => [`${timerId}/${stored.version}`, after?.open] as const),
    ),
  );
  const first = new Map<string, Sent>();
  return due.flatMap((one): Violation[] => {
    const cause = causes.get(`${one.timerId}/${one.version}`);
    if (cause?.eventId !== one.eventId || cause.attempt !== one.attempt)
      return [{ promise: 6, detail: `${one.eventId}/${one.attempt} was sent, and the log does not say so` }];
    const id = one.record.headers.ce_id ?? '';
    const earlier = first.get(id) ?? one;
    first.set(id, earlier);
    return isDeepStrictEqual(earlier.told, one.told)
      ? []
      : [{ promise: 6, detail: `${id} was sent again and tells of another event` }];
  });
}

/** 5, on the topics: no attempt of an event goes to another class than its first one. */
export function ofOneClass(due: readonly Sent[]): Violation[] {
  const first = new Map<EventId, Sent>();
  return due.flatMap((one): Violation[] => {
    const { hookClass } = first.get(one.eventId) ?? one;
    if (!first.has(one.eventId)) first.set(one.eventId, one);
    return hookClass === one.hookClass
      ? []
      : [{ promise: 5, detail: `${one.eventId} was sent to ${hookClass}, and then to ${one.hookClass}` }];
  });
}

/** 11, on the due topic: what is open now is not hidden behind something newer that came before it. */
export function openIsVisible(history: History, due: readonly Sent[]): Violation[] {
  const last = history.entries.at(-1);
  const open = last?.after?.open;
  if (open?.phase !== 'delivered' || last?.after?.fault !== null) return [];
  const emitted = history.entries.findLast(isEmission);
  if (emitted === undefined || history.database.now() - emitted.stored.recordedAt < onTheWayMs) return [];
  let newest = 0;
  for (const { timerId, version, eventId, attempt } of due) {
    if (timerId !== history.timerId || version <= newest) continue;
    newest = version;
    if (eventId === open.eventId && attempt === open.attempt) return [];
  }
  return [{ promise: 11, detail: `${open.eventId}/${open.attempt} is open and no reader sees it` }];
}

/** A snapshot is a version, and tells nobody anything new. */
const isNews = ({ event }: Entry): boolean => event.type !== 'TimerSnapshotted';

const isEmission = ({ event }: Entry): boolean =>
  event.type === 'EventTriggered' || event.type === 'EventRedelivered';

/** 11, on the feed: whoever drops what is not newer sees every version of every timer, in order. */
export function feedInOrder(histories: readonly History[], { topics }: World): Violation[] {
  const news = new Map(histories.map(({ timerId, entries }) => [timerId, entries.filter(isNews)]));
  const seen = new Map<TimerId, number>();
  const found: Violation[] = [];
  for (const { value } of topics.events.all()) {
    const { ce_id, ce_timerid, ce_timerversion } = value.headers;
    const timerId = ce_timerid as TimerId;
    const [version, newest] = [Number(ce_timerversion), seen.get(timerId) ?? 0];
    if (ce_id !== `${timerId}/${version}`)
      found.push({ promise: 11, detail: `version ${version} has the id ${ce_id}` });
    if (version <= newest) continue;
    const next = news.get(timerId)?.find(({ stored }) => stored.version > newest)?.stored.version;
    if (version !== next)
      found.push({
        promise: 11,
        detail: `${timerId}: after version ${newest} the feed showed ${version}, not ${next}`,
      });
    seen.set(timerId, version);
  }
  for (const { timerId, database } of histories) {
    const until = database.now() - onTheWayMs;
    const last = news.get(timerId)?.findLast(({ stored }) => stored.recordedAt < until);
    const published = last?.stored.version ?? 0;
    if ((seen.get(timerId) ?? 0) < published)
      found.push({
        promise: 11,
        detail: `${timerId}: the feed ends at ${seen.get(timerId)} of ${published}`,
      });
  }
  return found;
}

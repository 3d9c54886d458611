import type { WireRecord } from '#contract';
import type { EventId, TimerId } from '#timer';
import type { World } from '../world.js';
import type { Entry, History } from './history.js';
import type { Violation } from './violation.js';

/** Emissions of what was written this short a time ago may still be on their way. */
const onTheWayMs = 3_000;

interface Sent {
  readonly record: WireRecord;
  readonly timerId: TimerId;
  readonly version: number;
  readonly eventId: EventId;
  readonly attempt: number;
}

export function sentOf(records: readonly { readonly value: WireRecord }[]): readonly Sent[] {
  return records.map(({ value: record }) => {
    const body = JSON.parse(record.value) as { eventId: EventId; attempt: number };
    const { ce_timerid, ce_timerversion } = record.headers;
    return {
      record,
      timerId: ce_timerid as TimerId,
      version: Number(ce_timerversion),
      eventId: body.eventId,
      attempt: body.attempt,
    };
  });
}

/** 2, on the topics: what was triggered was sent, unless its event was over before; what was given up is among the dead. */
export function everythingSent(history: History, world: World, due: readonly Sent[]): Violation[] {
  const { topics, witness, database } = world;
  const sent = new Set(due.map(({ eventId }) => eventId));
  const dead = new Set(sentOf(topics.dead.all()).map(({ eventId }) => eventId));
  const isGone = history.entries.at(-1)?.after === null;
  return history.entries.flatMap(({ stored, event, before }): Violation[] => {
    if (database.now() - stored.recordedAt < onTheWayMs || before?.spec.hookClass === '') return [];
    if (event.type === 'EventTriggered' && !sent.has(event.eventId)) {
      if (isGone || witness.closedByOperator.has(event.eventId)) return [];
      return [{ promise: 2, detail: `${event.eventId} was triggered and never sent` }];
    }
    if (event.type === 'EventGivenUp' && !dead.has(event.eventId))
      return [{ promise: 2, detail: `${event.eventId} was given up and is not among the dead` }];
    return [];
  });
}

/** 6, on the topics: what is sent is what the log says, and what is sent again is the same to the last byte. */
export function sameAgain(histories: readonly History[], due: readonly Sent[]): Violation[] {
  const causes = new Map(
    histories.flatMap(({ timerId, entries }) =>
      entries.map(({ stored, event }) => [`${timerId}/${stored.version}`, event] as const),
    ),
  );
  const first = new Map<string, Sent>();
  return due.flatMap((one): Violation[] => {
    const cause = causes.get(`${one.timerId}/${one.version}`);
    if (
      cause === undefined ||
      !('eventId' in cause) ||
      cause.eventId !== one.eventId ||
      cause.attempt !== one.attempt
    )
      return [{ promise: 6, detail: `${one.eventId}/${one.attempt} was sent, and the log does not say so` }];
    const id = one.record.headers.ce_id ?? '';
    const earlier = first.get(id) ?? one;
    first.set(id, earlier);
    return earlier.record.value === one.record.value
      ? []
      : [{ promise: 6, detail: `${id} was sent again with another content` }];
  });
}

/** 11, on the due topic: what is open now is not hidden behind something newer that came before it. */
export function openIsVisible(history: History, world: World, due: readonly Sent[]): Violation[] {
  const last = history.entries.at(-1);
  const open = last?.after?.open;
  if (open?.phase !== 'delivered' || last?.after?.fault !== null) return [];
  const emitted = history.entries.findLast(isEmission);
  if (emitted === undefined || world.database.now() - emitted.stored.recordedAt < onTheWayMs) return [];
  let newest = 0;
  for (const { timerId, version, eventId, attempt } of due) {
    if (timerId !== history.timerId || version <= newest) continue;
    newest = version;
    if (eventId === open.eventId && attempt === open.attempt) return [];
  }
  return [{ promise: 11, detail: `${open.eventId}/${open.attempt} is open and no reader sees it` }];
}

const isEmission = ({ event }: Entry): boolean =>
  event.type === 'EventTriggered' || event.type === 'EventRedelivered';

/** 11, on the feed: whoever drops what is not newer sees every version of every timer, in order. */
export function feedInOrder(histories: readonly History[], { topics, database }: World): Violation[] {
  const seen = new Map<TimerId, number>();
  const found: Violation[] = [];
  for (const { value } of topics.events.all()) {
    const { ce_id, ce_timerid, ce_timerversion } = value.headers;
    const timerId = ce_timerid as TimerId;
    const [version, newest] = [Number(ce_timerversion), seen.get(timerId) ?? 0];
    if (ce_id !== `${timerId}/${version}`)
      found.push({ promise: 11, detail: `version ${version} has the id ${ce_id}` });
    if (version <= newest) continue;
    if (version > newest + 1)
      found.push({ promise: 11, detail: `${timerId}: after version ${newest} the feed showed ${version}` });
    seen.set(timerId, version);
  }
  const until = database.now() - onTheWayMs;
  for (const { timerId, entries } of histories) {
    const published = entries.filter(({ stored }) => stored.recordedAt < until).length;
    if ((seen.get(timerId) ?? 0) < published)
      found.push({
        promise: 11,
        detail: `${timerId}: the feed ends at ${seen.get(timerId)} of ${published}`,
      });
  }
  return found;
}

import {
  archivedState,
  DataLogError,
  type EventWrite,
  type LoadedTimers,
  liveChange,
  recordKey,
  type SettledEmission,
  type StoredEvent,
  type StreamWrite,
  sourceKey,
  type TransactionRequest,
  type TransactionWrites,
  TransientLogError,
} from '#engine';
import { type EpochMs, eventToJson, slotOfTimerId, type TimerId } from '#timer';
import type { Tables } from './tables.js';

/** A stream write with its events in their stored form: whatever cannot be stored has shown itself by now. */
interface Prepared extends StreamWrite {
  readonly timerId: TimerId;
  readonly namespace: string;
  readonly name: string;
  readonly texts: readonly string[];
}

/** Checks everything first and changes everything after, so a batch is written whole or not at all. */
export function commit(
  tables: Tables,
  request: TransactionRequest,
  loaded: LoadedTimers,
  writes: TransactionWrites,
): void {
  const { now } = loaded;
  const streams = writes.streams.filter(({ events }) => events.length > 0).map(prepare);
  checkVersions(tables, streams);
  checkTwice(streams);
  checkNames(tables, streams);
  checkEmission(tables, writes);

  for (const { topic, partition, next } of request.offsets) {
    const source = sourceKey(topic, partition);
    if (!loaded.lostSources.has(source)) tables.offsets.set(source, next);
  }
  // deletions come first: the same batch may give their names to new timers
  for (const stream of streams) if (stream.after === null) bury(tables, stream, now);
  for (const stream of streams) if (stream.after !== null) store(tables, stream);
  for (const rejection of writes.rejections) {
    tables.lastSequence += 1n;
    tables.rejections.set(tables.lastSequence, {
      ...rejection,
      sequence: tables.lastSequence,
      recordedAt: now,
    });
  }
  for (const row of writes.unchanged)
    tables.unchanged.set(row.commandId, [
      ...(tables.unchanged.get(row.commandId) ?? []),
      { ...row, recordedAt: now },
    ]);
  if (writes.emission !== null)
    tables.outbox.set(writes.emission.id, { ...writes.emission, createdAt: now, claimedUntil: null });
  for (const settled of writes.emitted) settle(tables, settled, now);
  for (const stream of streams) append(tables, stream, now);
  for (const stream of streams) count(tables, stream);
}

function count({ usage }: Tables, stream: Prepared): void {
  const timers = usage.get(stream.namespace);
  if (timers !== undefined) usage.set(stream.namespace, timers + liveChange(stream));
}

function prepare(stream: StreamWrite): Prepared {
  const first = stream.events[0]?.event;
  const created = first?.type === 'TimerCreated' ? { id: first.timerId, spec: first.spec } : null;
  const identity = stream.before ?? created;
  if (identity === null) throw new DataLogError('a stream without a state must begin with TimerCreated');
  try {
    return {
      ...stream,
      timerId: identity.id,
      namespace: identity.spec.namespace,
      name: recordKey(identity.spec.namespace, identity.spec.key),
      texts: stream.events.map(({ event }) => eventToJson(event)),
    };
  } catch (error) {
    throw new DataLogError(`an event of timer ${identity.id} has no stored form: ${String(error)}`, {
      cause: error,
    });
  }
}

/** The events of a stream follow its stored version without a gap; a decision on an older version is too late. */
function checkVersions(tables: Tables, streams: readonly Prepared[]): void {
  for (const { timerId, before, after, events } of streams) {
    const storedVersion = tables.states.get(timerId)?.state.version ?? 0;
    if ((before?.version ?? 0) !== storedVersion) {
      throw new TransientLogError(
        `timer ${timerId} is at version ${storedVersion}, the decision was made at ${before?.version ?? 0}`,
      );
    }
    const isGapless = events.every(({ version }, index) => version === storedVersion + index + 1);
    if (!isGapless || (after !== null && after.version !== events.at(-1)?.version))
      throw new DataLogError(`the new events of timer ${timerId} do not follow version ${storedVersion}`);
  }
}

/** A timer has one write in a transaction, as its versions are unique in a database. */
function checkTwice(streams: readonly Prepared[]): void {
  const written = new Set<TimerId>();
  for (const { timerId } of streams) {
    if (written.has(timerId))
      throw new TransientLogError(`timer ${timerId} is written twice in one transaction`, {
        isConflict: true,
      });
    written.add(timerId);
  }
}

function checkNames(tables: Tables, streams: readonly Prepared[]): void {
  const freed = new Set(streams.filter(({ after }) => after === null).map(({ timerId }) => timerId));
  const taken = new Set<string>();
  for (const { before, after, name, timerId } of streams) {
    if (before !== null || after === null) continue;
    const owner = tables.names.get(name);
    if (taken.has(name) || (owner !== undefined && !freed.has(owner)))
      throw new TransientLogError(`the name of timer ${timerId} was taken meanwhile`);
    taken.add(name);
  }
}

function checkEmission(tables: Tables, { emission, streams }: TransactionWrites): void {
  if (emission !== null && tables.outbox.has(emission.id))
    throw new TransientLogError(`the outbox has a row ${emission.id} already`);
  const strange = streams.find((stream) => stream.emission !== null && stream.emission !== emission?.id);
  if (strange !== undefined)
    throw new DataLogError(`emission ${strange.emission} is not in the outbox of this transaction`);
}

function bury(tables: Tables, stream: Prepared, now: EpochMs): void {
  const { timerId, name, before, events } = stream;
  tables.states.delete(timerId);
  if (tables.names.get(name) === timerId) tables.names.delete(name);
  const applied = events.flatMap(({ commandId, version }) =>
    commandId === null ? [] : [{ commandId, version }],
  );
  const recent = [...(before?.recent ?? []), ...applied];
  tables.tombstones.set(timerId, { timerId, name, recent, deletedAt: now });
  for (const state of archivedState(stream)) tables.archive.set(timerId, { state, archivedAt: now });
}

/** A new emission takes the former one's place; without one it stays while the event is open. */
function store(tables: Tables, { timerId, name, after, emission }: Prepared): void {
  if (after === null) return;
  const former = tables.states.get(timerId)?.fireBatch ?? null;
  const fireBatch = emission ?? (after.open === null ? null : former);
  tables.states.set(timerId, { state: after, fireBatch });
  tables.names.set(name, timerId);
}

/** The row keeps what Kafka refused of it, unless somebody has settled it before; only timers that it still carries wait for it. */
function settle(tables: Tables, { id, refused }: SettledEmission, now: EpochMs): void {
  const row = tables.outbox.get(id);
  tables.outbox.delete(id);
  if (row === undefined || refused === null) return;
  const { entries, present, restMs } = refused;
  tables.outbox.set(id, { ...row, entries, claimedUntil: (now + restMs) as EpochMs });
  const waiting = new Set(present);
  for (const { timerId } of row.entries) {
    const state = tables.states.get(timerId);
    if (state?.fireBatch === id && !waiting.has(timerId))
      tables.states.set(timerId, { ...state, fireBatch: null });
  }
}

function append(tables: Tables, stream: Prepared, now: EpochMs): void {
  const partition = slotOfTimerId(stream.timerId) % tables.topology.partitions;
  const log = tables.logs[partition];
  if (log === undefined) throw new DataLogError(`the log has no partition ${partition}`);
  const history = tables.streams.get(stream.timerId) ?? [];
  tables.streams.set(stream.timerId, history);
  stream.events.forEach((write, index) => {
    const event = storedEvent(stream, write, {
      partition,
      position: log.head + 1n,
      data: stream.texts[index] ?? '',
      // as in a database the moments of a log never fall, also when the clock was set back
      recordedAt: Math.max(now, log.endsAt ?? now) as EpochMs,
    });
    log.append(event);
    history.push({ ...event, meta: write.meta });
  });
}

const storedEvent = (
  { timerId, name }: Prepared,
  { version, commandId, event, meta }: EventWrite,
  place: Pick<StoredEvent, 'partition' | 'position' | 'data' | 'recordedAt'>,
): StoredEvent => ({
  ...place,
  timerId,
  version,
  type: event.type,
  recordKey: name,
  nextFireAt: event.nextFireAt,
  commandId,
  traceparent: meta.traceparent ?? null,
});

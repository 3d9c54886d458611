import type {
  EmissionId,
  EventMeta,
  EventWrite,
  RefusedEmission,
  RejectionWrite,
  SettledEmission,
  StreamWrite,
  TransactionWrites,
  UnchangedWrite,
} from '#engine';
import { archivedState, liveChange, recordKey } from '#engine';
import { eventToJson, slotOfTimerId, type TimerState } from '#timer';
import {
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  momentArray,
  textArray,
  uuidArray,
} from '../connection/binary-array.js';
import type { Call } from '../connection/hot-connection.js';
import { statement } from '../connection/statement.js';
import { extraText, phaseCode, recentText, statusCode, summaryText } from './state-row.js';

const insertSpecs = statement('insert-specs');
const updateSpecs = statement('update-specs');
const insertStates = statement('insert-states');
const updateStates = statement('update-states');
const deleteTimers = statement('delete-timers');
const archiveTimers = statement('archive-timers');
const insertRejections = statement('insert-rejections');
const insertUnchanged = statement('insert-unchanged');
const insertEmission = statement('insert-emission');
const deleteEmissions = statement('delete-emissions');
const splitEmission = statement('split-emission');
const appendEvents = statement('append-events');
const changeUsage = statement('change-usage');

type Existing = StreamWrite & { readonly after: TimerState };

/**
 * Everything a decided batch writes, in the one order in which locks are taken: names, states (already held), outbox,
 * the log heads, and last what lies under them. Deletions come first, since the same batch may give their names to new timers.
 */
export function callsFor(writes: TransactionWrites, partitions: number): Call[] {
  const calls: Call[] = [];
  const { streams, rejections, unchanged, emission, emitted } = writes;
  const deleted = streams.filter(({ after }) => after === null);
  const created = streams.filter((s): s is Existing => s.before === null && s.after !== null);
  const changed = streams.filter(
    (s): s is Existing => s.before !== null && s.after !== null && s.events.length > 0,
  );
  const respecified = changed.filter(({ before, after }) => before?.spec !== after.spec);

  const archived = deleted.flatMap(archivedState);
  if (deleted.length > 0) calls.push(deletion(deleted));
  if (archived.length > 0) calls.push(archiving(archived));
  if (created.length > 0) calls.push(specInsertion(created), stateCall(insertStates, created));
  if (respecified.length > 0) calls.push(specUpdate(respecified));
  if (changed.length > 0) calls.push(stateCall(updateStates, changed));
  if (rejections.length > 0) calls.push(rejectionInsertion(rejections));
  if (unchanged.length > 0) calls.push(unchangedInsertion(unchanged));
  if (emission !== null) {
    calls.push({
      statement: insertEmission,
      values: [
        emission.id,
        uuidArray(emission.entries.map((e) => e.timerId)),
        int4Array(emission.entries.map((e) => e.version)),
      ],
    });
  }
  calls.push(...settling(emitted));
  const appended = streams.flatMap((stream) => stream.events.map((event) => ({ stream, event })));
  if (appended.length > 0) calls.push(append(appended, partitions));
  const counted = streams.filter((stream) => stream.events.length > 0 && liveChange(stream) !== 0);
  if (counted.length > 0) calls.push(usageChange(counted, partitions));
  return calls;
}

/** Kafka takes what it is given: a split is the exception. */
function settling(emitted: readonly SettledEmission[]): Call[] {
  const splits = emitted.flatMap(({ id, refused }) => (refused === null ? [] : [splitting(id, refused)]));
  const gone = emitted.filter(({ refused }) => refused === null).map(({ id }) => id);
  return gone.length === 0 ? splits : [{ statement: deleteEmissions, values: [uuidArray(gone)] }, ...splits];
}

const splitting = (id: EmissionId, { entries, present, restMs }: RefusedEmission): Call => ({
  statement: splitEmission,
  values: [
    id,
    uuidArray(entries.map((e) => e.timerId)),
    int4Array(entries.map((e) => e.version)),
    restMs,
    uuidArray(present),
  ],
});

/** A batch adds up to few rows: a namespace and a partition each. */
function usageChange(streams: readonly StreamWrite[], partitions: number): Call {
  const changes = new Map<string, { namespace: string; partition: number; change: number }>();
  for (const stream of streams) {
    const { timerId, namespace } = identityOf(stream);
    const partition = slotOfTimerId(timerId) % partitions;
    const row = recordKey(namespace, String(partition));
    const { change } = changes.get(row) ?? { change: 0 };
    changes.set(row, { namespace, partition, change: change + liveChange(stream) });
  }
  const rows = [...changes.values()];
  return {
    statement: changeUsage,
    values: [
      textArray(rows.map((r) => r.namespace)),
      int2Array(rows.map((r) => r.partition)),
      int4Array(rows.map((r) => r.change)),
    ],
  };
}

function specInsertion(created: readonly Existing[]): Call {
  const states = created.map(({ after }) => after);
  return {
    statement: insertSpecs,
    values: [
      uuidArray(states.map((s) => s.id)),
      momentArray(states.map((s) => s.createTime)),
      int2Array(states.map((s) => slotOfTimerId(s.id))),
      textArray(states.map((s) => s.spec.namespace)),
      textArray(states.map((s) => s.spec.key)),
      textArray(states.map((s) => s.spec.hookClass)),
      textArray(states.map((s) => JSON.stringify(s.spec.tags))),
      textArray(states.map((s) => JSON.stringify(s.spec))),
      int2Array(states.map((s) => (s.spec.enable ? 1 : 0))),
      uuidArray(states.map((s) => s.spec.parent?.timerId ?? null)),
    ],
  };
}

function specUpdate(changed: readonly Existing[]): Call {
  const states = changed.map(({ after }) => after);
  return {
    statement: updateSpecs,
    values: [
      uuidArray(states.map((s) => s.id)),
      textArray(states.map((s) => s.spec.hookClass)),
      textArray(states.map((s) => JSON.stringify(s.spec.tags))),
      textArray(states.map((s) => JSON.stringify(s.spec))),
      int2Array(states.map((s) => (s.spec.enable ? 1 : 0))),
    ],
  };
}

function stateCall(target: typeof insertStates, streams: readonly Existing[]): Call {
  const states = streams.map(({ after }) => after);
  return {
    statement: target,
    values: [
      uuidArray(states.map((s) => s.id)),
      momentArray(states.map((s) => s.nextFireAt)),
      momentArray(states.map((s) => s.nextTick)),
      momentArray(states.map((s) => s.watermark)),
      momentArray(states.map((s) => s.lastTick)),
      momentArray(states.map((s) => s.open?.scheduledFor ?? null)),
      momentArray(states.map((s) => s.open?.startedAt ?? null)),
      uuidArray(states.map((s) => s.open?.eventId ?? null)),
      uuidArray(streams.map((s) => s.emission)),
      int4Array(states.map((s) => s.version)),
      int4Array(states.map((s) => s.open?.attempt ?? 0)),
      int4Array(states.map((s) => s.fires)),
      int2Array(states.map((s) => slotOfTimerId(s.id))),
      int2Array(states.map(statusCode)),
      int2Array(states.map(phaseCode)),
      textArray(states.map(summaryText)),
      textArray(states.map(extraText)),
      textArray(states.map((s) => recentText(s.recent))),
    ],
  };
}

function deletion(deleted: readonly StreamWrite[]): Call {
  const last = deleted.map((stream) => ({
    ...identityOf(stream),
    recent: recentAtDeletion(stream),
    at: deletedAt(stream),
  }));
  return {
    statement: deleteTimers,
    values: [
      uuidArray(last.map((d) => d.timerId)),
      momentArray(last.map((d) => d.at)),
      textArray(last.map((d) => d.namespace)),
      textArray(last.map((d) => d.key)),
      textArray(last.map((d) => d.recent)),
    ],
  };
}

function archiving(states: readonly TimerState[]): Call {
  return {
    statement: archiveTimers,
    values: [
      uuidArray(states.map((s) => s.id)),
      textArray(states.map((s) => s.spec.namespace)),
      textArray(states.map((s) => s.spec.key)),
      textArray(states.map((s) => JSON.stringify(s))),
    ],
  };
}

/** A stream that was created and deleted in one batch has no `before`: its first event tells who it was. */
function identityOf({ before, events }: StreamWrite) {
  if (before !== null) return { timerId: before.id, namespace: before.spec.namespace, key: before.spec.key };
  const first = events[0]?.event;
  if (first?.type !== 'TimerCreated')
    throw new Error('a stream without a state must begin with TimerCreated');
  return { timerId: first.timerId, namespace: first.spec.namespace, key: first.spec.key };
}

function recentAtDeletion({ before, events }: StreamWrite): string {
  const fresh = events.flatMap(({ commandId, version }) =>
    commandId === null ? [] : [{ commandId, version }],
  );
  return recentText([...(before?.recent ?? []), ...fresh]);
}

const deletedAt = ({ events }: StreamWrite): number => events.at(-1)?.event.at ?? 0;

function rejectionInsertion(rejections: readonly RejectionWrite[]): Call {
  return {
    statement: insertRejections,
    values: [
      uuidArray(rejections.map((r) => r.commandId)),
      int8Array(rejections.map((r) => r.source.offset)),
      int4Array(rejections.map((r) => r.source.partition)),
      textArray(rejections.map((r) => r.source.topic)),
      int4Array(rejections.map((r) => r.rejection.retryAfterMs ?? null)),
      textArray(rejections.map((r) => r.rejection.code)),
      textArray(rejections.map((r) => r.rejection.message)),
      textArray(rejections.map((r) => r.rejection.field ?? null)),
      byteaArray(rejections.map((r) => r.key)),
      byteaArray(rejections.map((r) => r.value)),
    ],
  };
}

const unchangedInsertion = (unchanged: readonly UnchangedWrite[]): Call => ({
  statement: insertUnchanged,
  values: [
    uuidArray(unchanged.map((u) => u.commandId)),
    uuidArray(unchanged.map((u) => u.timerId)),
    int4Array(unchanged.map((u) => u.version)),
  ],
});

function append(
  appended: readonly { readonly stream: StreamWrite; readonly event: EventWrite }[],
  partitions: number,
): Call {
  const rows = appended.map(({ stream, event }) => ({ ...identityOf(stream), ...event }));
  return {
    statement: appendEvents,
    values: [
      int2Array(rows.map((r) => slotOfTimerId(r.timerId) % partitions)),
      uuidArray(rows.map((r) => r.timerId)),
      int4Array(rows.map((r) => r.version)),
      textArray(rows.map((r) => r.event.type)),
      textArray(rows.map((r) => recordKey(r.namespace, r.key))),
      momentArray(rows.map((r) => r.event.nextFireAt)),
      uuidArray(rows.map((r) => r.commandId)),
      textArray(rows.map((r) => eventToJson(r.event))),
      textArray(rows.map((r) => metaText(r.meta))),
      partitions,
    ],
  };
}

/** `{"source":"topic/partition/offset", …}`; null for what the clock did by itself. */
function metaText({ source, actor, traceparent }: EventMeta): string | null {
  if (source === undefined && actor === undefined && traceparent === undefined) return null;
  return JSON.stringify({
    ...(source !== undefined && {
      topic: source.topic,
      partition: source.partition,
      offset: source.offset.toString(),
    }),
    ...(actor !== undefined && { actor }),
    ...(traceparent !== undefined && { traceparent }),
  });
}

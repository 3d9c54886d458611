import {
  answersPerIdMax,
  type DueTimer,
  type LoadedTimers,
  type RefusedRecord,
  recordKey,
  refusedKeyBytesMax,
  sourceKey,
  type TimerTarget,
  type TimerVersion,
  type Tombstone,
  type TransactionRequest,
  TransientLogError,
} from '#engine';
import type { CommandId, EpochMs, TimerId, TimerState } from '#timer';
import type { StateRow, Tables } from './tables.js';

/** Everything up to the decision: fence, lock, read. Changes nothing. */
export function load(tables: Tables, request: TransactionRequest, now: EpochMs): LoadedTimers {
  const states = lockTargets(tables, request.targets);
  return {
    now,
    lostSources: lostSources(tables, request),
    byKey: new Map(states.map((state) => [recordKey(state.spec.namespace, state.spec.key), state])),
    byId: new Map(states.map((state) => [state.id, state])),
    due: [...lockDue(tables, request.due, now), ...lockDueElsewhere(tables, request.dueElsewhere, now)],
    ...findTombstones(tables, request.targets),
    rejected: findRejections(tables, request.commandIds),
    unchanged: findUnchanged(tables, request.commandIds),
    usage: findUsage(tables, request.usageOf ?? []),
  };
}

/** Which of the names that the decision would give are somebody's. */
export function lookUp(tables: Tables, { newNames }: TransactionRequest, loaded: LoadedTimers): LoadedTimers {
  const names = (newNames?.(loaded) ?? []).map(({ namespace, key }) => recordKey(namespace, key));
  return names.length === 0
    ? loaded
    : { ...loaded, taken: new Set(names.filter((name) => tables.names.has(name))) };
}

/** A partition without an entry starts wherever its first reader says. */
function lostSources(tables: Tables, { offsets }: TransactionRequest): ReadonlySet<string> {
  const lost = offsets.filter(({ topic, partition, expected }) => {
    const source = sourceKey(topic, partition);
    if (tables.locked.has(source)) throw new TransientLogError(`the offset of ${source} is locked`);
    const stored = tables.offsets.get(source);
    return stored !== undefined && stored !== expected;
  });
  return new Set(lost.map(({ topic, partition }) => sourceKey(topic, partition)));
}

function lockTargets(tables: Tables, targets: readonly TimerTarget[]): TimerState[] {
  const ids = new Set<TimerId>();
  for (const target of targets) {
    const id =
      'timerId' in target ? target.timerId : tables.names.get(recordKey(target.namespace, target.key));
    if (id !== undefined) ids.add(id);
  }
  return [...ids].sort().flatMap((id) => {
    const row = lock(tables, id);
    return row === undefined ? [] : [row.state];
  });
}

function lockDue(tables: Tables, ids: readonly TimerId[], now: EpochMs): DueTimer[] {
  return dueAmong(tables, ids, now).map((row) => {
    lock(tables, row.state.id);
    return { state: row.state, emissionPending: tables.isEmissionPending(row) };
  });
}

function lockDueElsewhere(tables: Tables, ids: readonly TimerId[], now: EpochMs): DueTimer[] {
  return dueAmong(tables, ids, now)
    .filter(({ state }) => !tables.locked.has(state.id))
    .map((row) => ({ state: row.state, emissionPending: tables.isEmissionPending(row) }));
}

function dueAmong(tables: Tables, ids: readonly TimerId[], now: EpochMs): StateRow[] {
  return [...new Set(ids)].sort().flatMap((id) => {
    const row = tables.states.get(id);
    const dueAt = row?.state.nextFireAt ?? null;
    return row !== undefined && dueAt !== null && dueAt <= now ? [row] : [];
  });
}

/** A database would wait for the row, and give up after a while; here nobody could release it meanwhile. */
function lock(tables: Tables, timerId: TimerId): StateRow | undefined {
  if (tables.locked.has(timerId))
    throw new TransientLogError(`timer ${timerId} is locked by another transaction`);
  return tables.states.get(timerId);
}

function findTombstones(
  tables: Tables,
  targets: readonly TimerTarget[],
): Pick<LoadedTimers, 'tombstones' | 'tombstonesById'> {
  const names = new Set(targets.flatMap((t) => ('timerId' in t ? [] : [recordKey(t.namespace, t.key)])));
  const ids = new Set(targets.flatMap((t) => ('timerId' in t ? [t.timerId] : [])));
  const tombstones = new Map<string, Tombstone[]>();
  const tombstonesById = new Map<TimerId, Tombstone>();
  for (const { timerId, name, recent } of tables.tombstones.values()) {
    if (!names.has(name) && !ids.has(timerId)) continue;
    tombstones.set(name, [...(tombstones.get(name) ?? []), { timerId, recent }]);
    tombstonesById.set(timerId, { timerId, recent });
  }
  return { tombstones, tombstonesById };
}

function findRejections(
  tables: Tables,
  commandIds: readonly CommandId[],
): ReadonlyMap<CommandId, readonly RefusedRecord[]> {
  const wanted = new Set(commandIds);
  const found = new Map<CommandId, readonly RefusedRecord[]>();
  for (const { commandId, key, rejection } of tables.rejections.values()) {
    if (commandId === null || !wanted.has(commandId)) continue;
    const refused = { key: key?.subarray(0, refusedKeyBytesMax) ?? null, rejection };
    found.set(commandId, [...(found.get(commandId) ?? []), refused].slice(0, answersPerIdMax));
  }
  return found;
}

function findUnchanged(
  tables: Tables,
  commandIds: readonly CommandId[],
): ReadonlyMap<CommandId, readonly TimerVersion[]> {
  const found = new Map<CommandId, readonly TimerVersion[]>();
  for (const commandId of commandIds) {
    const rows = tables.unchanged.get(commandId);
    if (rows === undefined) continue;
    const met = rows.map(({ timerId, version }) => ({ timerId, version }));
    found.set(commandId, met.slice(0, answersPerIdMax));
  }
  return found;
}

function findUsage(tables: Tables, targets: readonly TimerTarget[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const target of targets) {
    const namespace =
      'timerId' in target ? tables.states.get(target.timerId)?.state.spec.namespace : target.namespace;
    const timers = namespace === undefined ? undefined : tables.usage.get(namespace);
    if (namespace !== undefined && timers !== undefined) found.set(namespace, timers);
  }
  return found;
}

import type { Pool } from 'pg';
import {
  DataLogError,
  type DueTimer,
  type LoadedTimers,
  type RefusedRecord,
  recordKey,
  sourceKey,
  type TimerLog,
  type TimerVersion,
  type Tombstone,
  type TransactionRequest,
  type TransactionResult,
  type TransactionWrites,
  TransientLogError,
} from '#engine';
import type { CommandId, EpochMs, TimerId, TimerState } from '#timer';
import { textArray } from '../connection/binary-array.js';
import { type HotConnection, type Session, transaction } from '../connection/hot-connection.js';
import { statement } from '../connection/statement.js';
import { readAround } from '../queries/histories.js';
import { type Reads, readsBy } from '../queries/read-pool.js';
import { loadedBytesMax, readsFor, type What } from './reads.js';
import { parseRecent, type StateRow, stateFromRow } from './state-row.js';
import { storedReason } from './stored-reason.js';
import { callsFor } from './writes.js';

const readClock = { name: 'read-clock', text: 'select clock_timestamp()' };
const storedOffsets = {
  name: 'stored-offsets',
  text: 'select partition, next_offset from consumer_offset where topic = $1',
};

/** It changes only with an expansion, and the log refuses whoever has not heard of one. */
const readPartitions = { name: 'read-partitions', text: 'select partitions from topology' };

const takenNames = statement('taken-names');
const [summaryColumn, specColumn] = [12, 16];

/** Together the timers of these commands are too large for one transaction: its halves are not. */
export class TooLargeToLoad extends DataLogError {
  constructor(timers: number) {
    super(`${timers} timers have more than ${loadedBytesMax} bytes together: the batch is halved`);
  }
}

type Rows = readonly (readonly unknown[])[];

/**
 * The write protocol on Postgres. Two network round trips a transaction, however many timers it touches: everything
 * up to the loads leaves in one write, everything from the first change to the commit in another.
 */
export class PostgresTimerLog implements TimerLog {
  #partitions: number | null = null;
  readonly #history: Reads;

  constructor(
    private readonly connection: HotConnection,
    pool: Pool,
  ) {
    this.#history = readsBy(pool);
  }

  async transact(
    request: TransactionRequest,
    decide: (loaded: LoadedTimers) => TransactionWrites,
  ): Promise<TransactionResult> {
    try {
      const session = await this.connection.session();
      this.#partitions ??= await partitionsOf(session);
      const partitions = this.#partitions;
      const loaded = await this.#lookUp(session, request, await this.#load(session, request));
      await session.send([...callsFor(decide(loaded), partitions), transaction.commit]);
      return { now: loaded.now, lostSources: loaded.lostSources };
    } catch (error) {
      if (error instanceof TransientLogError && error.isTopologyOld) this.#partitions = null;
      await this.connection.abandon();
      throw error;
    }
  }

  async stateAt(timerId: TimerId, version: number, eventsMax?: number): Promise<TimerState | null> {
    return (await readAround(this.#history, timerId, version, eventsMax)).state;
  }

  async storedOffsets(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const [result] = await this.connection.send([{ statement: storedOffsets, values: [topic] }]);
    const wanted = new Set(partitions);
    const all = (result?.rows ?? []) as [number, bigint][];
    return new Map(all.filter(([partition]) => wanted.has(partition)));
  }

  /** Only where timers would be made: a third round trip. */
  async #lookUp(
    session: Session,
    { newNames }: TransactionRequest,
    loaded: LoadedTimers,
  ): Promise<LoadedTimers> {
    const names = newNames?.(loaded) ?? [];
    if (names.length === 0) return loaded;
    const values = [textArray(names.map((n) => n.namespace)), textArray(names.map((n) => n.key))];
    const [result] = await session.send([{ statement: takenNames, values }]);
    const taken = (result?.rows ?? []).map(([namespace, key]) => recordKey(String(namespace), String(key)));
    return { ...loaded, taken: new Set(taken) };
  }

  async #load(session: Session, request: TransactionRequest): Promise<LoadedTimers> {
    const reads = readsFor(request);
    const results = await session.send([
      transaction.begin,
      ...reads.map(({ call }) => call),
      { statement: readClock, values: [] },
    ]);
    const rows = new Map(reads.map(({ what }, index) => [what, (results[index + 1]?.rows ?? []) as Rows]));
    return loadedFrom(request, rows, results.at(-1)?.rows[0]?.[0] as EpochMs);
  }
}

async function partitionsOf(session: Session): Promise<number> {
  const [result] = await session.send([{ statement: readPartitions, values: [] }]);
  const partitions = result?.rows[0]?.[0];
  if (partitions === undefined)
    throw new TransientLogError('this database was never set up: start a scheduler');
  return Number(partitions);
}

function loadedFrom(request: TransactionRequest, rows: ReadonlyMap<What, Rows>, now: EpochMs): LoadedTimers {
  const of = (what: What): Rows => rows.get(what) ?? [];
  const won = new Set(of('offsets').map(([topic, partition]) => sourceKey(String(topic), Number(partition))));
  const all = request.offsets.map(({ topic, partition }) => sourceKey(topic, partition));
  const targets = [...of('byKey'), ...of('byId')];
  if (targets.some((row) => row[specColumn] === null)) throw new TooLargeToLoad(targets.length);
  const states = targets.map((row) => stateFromRow(row as unknown as StateRow));
  const tombstones = of('tombstones').map(tombstoneFrom);
  return {
    now,
    lostSources: new Set(all.filter((source) => !won.has(source))),
    byKey: new Map(states.map((state) => [recordKey(state.spec.namespace, state.spec.key), state])),
    byId: new Map(states.map((state) => [state.id, state])),
    due: [...of('due'), ...of('dueElsewhere')].map(dueFrom),
    dueIsCut: bytesOf(of('due')) >= loadedBytesMax,
    rejected: byCommand(of('answers').flatMap(refusedFrom)),
    unchanged: byCommand(of('answers').flatMap(unchangedFrom)),
    tombstones: livesOf(tombstones),
    tombstonesById: new Map(tombstones.map(({ tombstone }) => [tombstone.timerId, tombstone])),
    usage: new Map(of('usage').map(([namespace, timers]) => [String(namespace), Number(timers)])),
  };
}

const dueFrom = (row: readonly unknown[]): DueTimer => ({
  state: stateFromRow(row as unknown as StateRow),
  emissionPending: row[17] === true,
});

function tombstoneFrom([id, namespace, key, recent]: readonly unknown[]): {
  name: string;
  tombstone: Tombstone;
} {
  return {
    name: recordKey(String(namespace), String(key)),
    tombstone: { timerId: id as TimerId, recent: parseRecent(String(recent)) },
  };
}

/** Rows come by the time of their deletion. */
function livesOf(
  tombstones: readonly { readonly name: string; readonly tombstone: Tombstone }[],
): Map<string, Tombstone[]> {
  const lives = new Map<string, Tombstone[]>();
  for (const { name, tombstone } of tombstones) lives.set(name, [...(lives.get(name) ?? []), tombstone]);
  return lives;
}

type Answer<T> = readonly [CommandId, T];

function refusedFrom([id, , ...row]: readonly unknown[]): Answer<RefusedRecord>[] {
  const [code, message, field, retryAfterMs, key] = row;
  if (code === null) return [];
  const rejection = storedReason([code, message, field, retryAfterMs]);
  return [[id as CommandId, { key: key as Buffer | null, rejection }]];
}

const unchangedFrom = ([id, , , , , , , timerId, version]: readonly unknown[]): Answer<TimerVersion>[] =>
  timerId === null ? [] : [[id as CommandId, { timerId: timerId as TimerId, version: Number(version) }]];

function byCommand<T>(answers: readonly Answer<T>[]): Map<CommandId, T[]> {
  const all = new Map<CommandId, T[]>();
  for (const [id, answer] of answers) all.set(id, [...(all.get(id) ?? []), answer]);
  return all;
}

function bytesOf(rows: Rows): number {
  let bytes = 0;
  for (const row of rows)
    bytes += Buffer.byteLength(String(row[summaryColumn] ?? '')) + Buffer.byteLength(String(row[specColumn]));
  return bytes;
}

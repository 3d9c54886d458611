import { followOn, type LogFeed, type LogTopology, type StoredEvent, type StoredRejection } from '#engine';
import type { CommandId, EpochMs, TimerId } from '#timer';
import { int2Array, int4Array, int8Array } from '../connection/binary-array.js';
import type { HotConnection } from '../connection/hot-connection.js';
import { type Statement, statement } from '../connection/statement.js';
import { traceparentOf } from '../log/history.js';
import { storedReason } from '../log/stored-reason.js';
import { topologyFrom, topologyStatement } from '../topology/read-topology.js';

const holdPartitions = statement('hold-partitions');
const releasePartitions = statement('release-partitions');
const readAfter = statement('read-after');
const advanceCheckpoints = statement('advance-checkpoints');
const unpublishedRejections = statement('unpublished-rejections');
const markRejections = statement('mark-rejections');
const readCheckpoints = {
  name: 'read-checkpoints',
  text: 'select partition, position from relay_checkpoint',
};

const readHeads = {
  name: 'read-heads',
  text: 'select partition, next - 1 from log_head',
};

/** How far `recorded_at` is let fall behind what was read: generous, since it only prunes whole days. */
const pruningMarginMs = 3_600_000;

/** Of events, or of refused commands, that one read brings; the last one may go over. However large, it is sent within its time. */
export const readBytesMax = 4 * 1024 * 1024;

/** The relay's reads. Its advisory locks belong to the session, so it has a connection of its own. */
export class PostgresLogFeed implements LogFeed {
  #held = new Set<number>();
  #heldIn = 0;
  /** Of each partition the last event that was read. */
  readonly #lastRead = new Map<number, { readonly position: bigint; readonly recordedAt: EpochMs }>();

  constructor(private readonly connection: HotConnection) {}

  async hold(partitions: readonly number[]): Promise<readonly number[]> {
    const wanted = new Set(partitions);
    await this.#let([...this.#held].filter((partition) => !wanted.has(partition)));
    const missing = partitions.filter((partition) => !this.#holds(partition));
    if (missing.length > 0) {
      const [result] = await this.connection.send([
        { statement: holdPartitions, values: [int4Array(missing)] },
      ]);
      if (this.#heldIn !== this.connection.generation) this.#held.clear();
      this.#heldIn = this.connection.generation;
      for (const [partition] of result?.rows ?? []) this.#held.add(Number(partition));
    }
    return partitions.filter((partition) => this.#holds(partition));
  }

  async release(): Promise<void> {
    await this.#let([...this.#held]);
  }

  checkpoints(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    return this.#positions(readCheckpoints, partitions);
  }

  async topology(): Promise<LogTopology> {
    const [result] = await this.connection.send([{ statement: topologyStatement, values: [] }]);
    return topologyFrom(result?.rows ?? []);
  }

  heads(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    return this.#positions(readHeads, partitions);
  }

  async readAfter(positions: ReadonlyMap<number, bigint>, max: number): Promise<readonly StoredEvent[]> {
    const since = this.#recordedSince(positions);
    const events = await this.#readSince(since, positions, max);
    // a moment only spares the days before it: where it left an event out, whatever the clocks did, the log is asked without it
    if (since === 0 || followOn(positions, events).gaps.length === 0) return events;
    return this.#readSince(0, positions, max);
  }

  async #readSince(
    since: number,
    positions: ReadonlyMap<number, bigint>,
    max: number,
  ): Promise<readonly StoredEvent[]> {
    const partitions = [...positions.keys()];
    const perPartition = Math.max(1, Math.ceil(max / partitions.length));
    const values = [
      int2Array(partitions),
      int8Array([...positions.values()]),
      perPartition,
      new Date(since).toISOString(),
      readBytesMax,
    ];
    const [result] = await this.connection.send([{ statement: readAfter, values }]);
    // the first of each partition, then the second of each, and so on: what is cut off is read next time
    const events = (result?.rows ?? []).slice(0, max).map(storedEvent);
    for (const { partition, position, recordedAt } of events)
      this.#lastRead.set(partition, { position, recordedAt });
    return events;
  }

  async advance(
    moves: readonly { readonly partition: number; readonly from: bigint; readonly to: bigint }[],
  ) {
    const values = [
      int2Array(moves.map((m) => m.partition)),
      int8Array(moves.map((m) => m.from)),
      int8Array(moves.map((m) => m.to)),
    ];
    const [result] = await this.connection.send([{ statement: advanceCheckpoints, values }]);
    return new Set((result?.rows ?? []).map(([partition]) => Number(partition)));
  }

  async unpublishedRejections(max: number): Promise<readonly StoredRejection[]> {
    const values = [max, readBytesMax];
    const [result] = await this.connection.send([{ statement: unpublishedRejections, values }]);
    return (result?.rows ?? []).map(storedRejection);
  }

  async markRejectionsPublished(sequences: readonly bigint[]): Promise<void> {
    await this.connection.send([{ statement: markRejections, values: [int8Array(sequences)] }]);
  }

  async #positions(from: Statement, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const [result] = await this.connection.send([{ statement: from, values: [] }]);
    const all = new Map(
      (result?.rows ?? []).map(([partition, position]) => [Number(partition), position as bigint]),
    );
    return new Map(partitions.map((partition) => [partition, all.get(partition) ?? 0n]));
  }

  /** Locks live and die with the session they were taken in. */
  #holds(partition: number): boolean {
    return this.#heldIn === this.connection.generation && this.#held.has(partition);
  }

  async #let(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.#held.delete(partition);
    if (partitions.length === 0 || this.#heldIn !== this.connection.generation) return;
    await this.connection.send([{ statement: releasePartitions, values: [int4Array(partitions)] }]);
  }

  /** What follows an event that was read was recorded no earlier. Whoever asks for what came before it asks for earlier moments as well. */
  #recordedSince(positions: ReadonlyMap<number, bigint>): number {
    const moments = [...positions].map(([partition, position]) => {
      const last = this.#lastRead.get(partition);
      return last !== undefined && position >= last.position ? last.recordedAt : 0;
    });
    return Math.max(0, Math.min(...moments) - pruningMarginMs);
  }
}

function storedEvent(row: readonly unknown[]): StoredEvent {
  const [
    partition,
    position,
    timerId,
    version,
    type,
    recordKey,
    nextFireAt,
    commandId,
    data,
    recordedAt,
    meta,
  ] = row;
  return {
    partition: Number(partition),
    position: position as bigint,
    timerId: timerId as TimerId,
    version: Number(version),
    type: String(type),
    recordKey: String(recordKey),
    nextFireAt: nextFireAt as EpochMs | null,
    commandId: commandId as string | null,
    data: String(data),
    recordedAt: recordedAt as EpochMs,
    traceparent: traceparentOf(meta as string | null),
  };
}

function storedRejection(row: readonly unknown[]): StoredRejection {
  const [sequence, commandId, offset, partition, topic, code, message, field, retryAfterMs, key, value] = row;
  return {
    sequence: sequence as bigint,
    commandId: commandId as CommandId | null,
    source: { topic: String(topic), partition: Number(partition), offset: offset as bigint },
    rejection: storedReason([code, message, field, retryAfterMs]),
    key: key as Buffer | null,
    value: value as Buffer | null,
  };
}

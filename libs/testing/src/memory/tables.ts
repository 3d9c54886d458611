import {
  type DatabasePlace,
  type EmissionId,
  type EmissionWrite,
  type EventMeta,
  type ExpandOutcome,
  expanded,
  foldOn,
  isHeldBy,
  type LogTopology,
  noFold,
  type StoredEvent,
  type StoredRejection,
  type Tombstone,
  type UnchangedWrite,
} from '#engine';
import {
  type CommandId,
  type EpochMs,
  eventFromJson,
  type RecordedEvent,
  type TimerId,
  type TimerState,
} from '#timer';
import { PartitionLog } from './partition-log.js';

export interface StateRow {
  readonly state: TimerState;
  /** The outbox row that carries the present emission; a row that is gone has been acknowledged. */
  readonly fireBatch: EmissionId | null;
}
export interface OutboxRow extends EmissionWrite {
  readonly createdAt: EpochMs;
  readonly claimedUntil: EpochMs | null;
}
export interface TombstoneRow extends Tombstone {
  readonly name: string;
  readonly deletedAt: EpochMs;
}
/** As a history tells it: with who did it. */
export interface StreamEvent extends StoredEvent {
  readonly meta: EventMeta;
}
/** As it was when it was put away. */
export interface ArchiveRow {
  readonly state: TimerState;
  readonly archivedAt: EpochMs;
}
export interface RejectionRow extends StoredRejection {
  readonly recordedAt: EpochMs;
}

export interface UnchangedRow extends UnchangedWrite {
  readonly recordedAt: EpochMs;
}

/** How long the commands of a deleted timer, a published refusal and a command that changed nothing are remembered. */
export const rememberedMs = 24 * 3_600_000;

/** What the store holds, as the tables of a database would. Changed by `commit` alone, and by the readers' marks. */
export class Tables {
  readonly states = new Map<TimerId, StateRow>();
  /** `namespace/key` → id, of timers that exist. */
  readonly names = new Map<string, TimerId>();
  /** In the order of deletion. */
  readonly tombstones = new Map<TimerId, TombstoneRow>();
  readonly archive = new Map<TimerId, ArchiveRow>();
  readonly offsets = new Map<string, bigint>();
  readonly outbox = new Map<EmissionId, OutboxRow>();
  readonly logs: PartitionLog[];
  readonly streams = new Map<TimerId, StreamEvent[]>();
  readonly checkpoints = new Map<number, bigint>();
  /** Parts of the log that are about to go: what was recorded before a moment. */
  readonly begunDrops = new Map<string, EpochMs>();
  /** In the order of their sequence. */
  readonly rejections = new Map<bigint, RejectionRow>();
  readonly published = new Set<bigint>();
  /** In the order in which they came. */
  readonly unchanged = new Map<CommandId, readonly UnchangedRow[]>();
  /** Live timers of the namespaces that are counted. */
  readonly usage = new Map<string, number>();
  /** Timers and offsets that a transaction holds; a test may hold some, too. */
  readonly locked = new Set<string>();
  lastSequence = 0n;

  topology: LogTopology;

  constructor(
    partitions: number,
    private readonly place: DatabasePlace,
  ) {
    this.topology = { number: 1, partitions, splits: [] };
    this.logs = Array.from({ length: partitions }, () => new PartitionLog());
  }

  /** Spreads the log over more partitions from now on, if everything is published. @throws RangeError */
  expand(to: number): ExpandOutcome {
    if (to === this.topology.partitions) return { kind: 'already' };
    const heads = new Map(
      this.logs.flatMap((log, partition) =>
        isHeldBy(this.place, partition) ? [[partition, log.head] as const] : [],
      ),
    );
    const next = expanded(this.topology, to, heads);
    let unpublished = 0;
    for (const [partition, head] of heads)
      unpublished += Number(head - (this.checkpoints.get(partition) ?? 0n));
    if (unpublished > 0) return { kind: 'behind', unpublished };
    this.topology = next;
    const former = this.logs.length;
    // moments go on from the parent's
    while (this.logs.length < to)
      this.logs.push(new PartitionLog(this.logs[this.logs.length % former]?.endsAt));
    return { kind: 'expanded' };
  }

  /** Takes out and answers what was recorded before this moment. */
  dropBefore(moment: EpochMs): readonly StoredEvent[] {
    const dropped = this.logs.flatMap((log) => log.dropBefore(moment));
    for (const timerId of new Set(dropped.map((event) => event.timerId))) {
      const left = this.streams.get(timerId)?.filter(({ recordedAt }) => recordedAt >= moment) ?? [];
      if (left.length > 0) this.streams.set(timerId, left);
      else this.streams.delete(timerId);
    }
    return dropped;
  }

  /** Until the answer is called. */
  lock(timerIds: readonly TimerId[], sources: readonly string[]): () => void {
    const rows = new Set<string>([...timerIds, ...sources]);
    for (const row of rows) this.locked.add(row);
    return () => {
      for (const row of rows) this.locked.delete(row);
    };
  }

  /** Its last emission is not on record as acknowledged. */
  isEmissionPending({ fireBatch }: StateRow): boolean {
    return fireBatch !== null && this.outbox.has(fireBatch);
  }

  /** The first answer, whatever came later under the same id. */
  rejectionOf(commandId: CommandId): RejectionRow | undefined {
    for (const row of this.rejections.values()) if (row.commandId === commandId) return row;
    return undefined;
  }

  /** What a timer folded to at a version; null where there is no such version, after its deletion, and where more would be folded. */
  stateAt(timerId: TimerId, version: number, eventsMax = Number.POSITIVE_INFINITY): TimerState | null {
    const events = this.recorded(timerId, (event) => event.version <= version);
    const start = events.findLastIndex(({ event }) => event.type === 'TimerSnapshotted');
    if (events.length - Math.max(0, start) > eventsMax) return null;
    const { state, lastVersion } = foldOn(noFold, events);
    return lastVersion === version ? state : null;
  }

  /** Events of a timer as facts, oldest first. */
  recorded(timerId: TimerId, isWanted: (event: StreamEvent) => boolean): RecordedEvent[] {
    const events = this.streams.get(timerId) ?? [];
    return events.filter(isWanted).map(({ version, commandId, data, meta }) => ({
      version,
      commandId: commandId as CommandId | null,
      event: eventFromJson(data),
      meta,
    }));
  }

  forgetOld(now: EpochMs): void {
    for (const [timerId, { deletedAt }] of this.tombstones) {
      if (deletedAt + rememberedMs > now) break;
      this.tombstones.delete(timerId);
    }
    for (const [commandId, rows] of this.unchanged) {
      const kept = rows.filter(({ recordedAt }) => recordedAt + rememberedMs > now);
      if (kept.length === 0) this.unchanged.delete(commandId);
      else if (kept.length < rows.length) this.unchanged.set(commandId, kept);
    }
    for (const [sequence, { recordedAt }] of this.rejections) {
      if (recordedAt + rememberedMs > now) break;
      if (this.published.delete(sequence)) this.rejections.delete(sequence);
    }
  }
}

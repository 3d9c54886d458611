import {
  type CommandId,
  type EpochMs,
  isLive,
  type RecordedEvent,
  type Rejection,
  slotOf,
  slotOfTimerId,
  type TimerId,
  type TimerState,
} from '#timer';

/** Where a command came from; its position in Kafka is fenced in the same transaction that applies it. */
export interface SourceRef {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** "These records of this partition": applied only if the stored offset is still `expected`. */
export interface OffsetAdvance {
  readonly topic: string;
  readonly partition: number;
  readonly expected: bigint;
  readonly next: bigint;
}

export type TimerTarget =
  | { readonly namespace: string; readonly key: string }
  | { readonly timerId: TimerId };

/** A timer's id carries its slot. */
export const slotOfTarget = (target: TimerTarget): number =>
  'timerId' in target ? slotOfTimerId(target.timerId) : slotOf(target.namespace, target.key);

/** One map key for a source partition. */
export const sourceKey = (topic: string, partition: number): string => `${topic}/${partition}`;
/** One map key for a (namespace, key) pair; namespaces contain no slash. It is the Kafka record key as well. */
export const recordKey = (namespace: string, key: string): string => `${namespace}/${key}`;

/** What a transaction fences, locks and reads before anything is decided. */
export interface TransactionRequest {
  readonly offsets: readonly OffsetAdvance[];
  readonly targets: readonly TimerTarget[];
  /** Looked up among the first answers that are kept: the same id again gets the same. */
  readonly commandIds: readonly CommandId[];
  /** Timers whose clock may have struck; only those due by the database's clock are locked and loaded. */
  readonly due: readonly TimerId[];
  /** The same for timers of other owners: rows that someone has locked are passed over. */
  readonly dueElsewhere: readonly TimerId[];
  /** Timers of namespaces whose live timers are to be counted: see `LoadedTimers.usage`. */
  readonly usageOf?: readonly TimerTarget[];
  /** Names that the decision would give to new timers: looked up without a lock once the rest is loaded. */
  readonly newNames?: (loaded: LoadedTimers) => readonly TimerName[];
}

export interface TimerName {
  readonly namespace: string;
  readonly key: string;
}

/** Remembers, for a while after a timer is gone, which commands it had seen. */
export interface Tombstone {
  readonly timerId: TimerId;
  readonly recent: TimerState['recent'];
}

export interface LoadedTimers {
  /** The database's clock, read after every lock was held. */
  readonly now: EpochMs;
  /** `sourceKey`s whose stored offset had moved on: their records belong to somebody else now. */
  readonly lostSources: ReadonlySet<string>;
  /** Locked until the transaction ends. Absent: no such timer. */
  readonly byKey: ReadonlyMap<string, TimerState>;
  readonly byId: ReadonlyMap<TimerId, TimerState>;
  /** Due and locked. A timer that was asked for and is absent is not due, gone, or locked by another owner. */
  readonly due: readonly DueTimer[];
  /** Some of our due timers were left for the next transaction: together they are too large. */
  readonly dueIsCut?: boolean;
  /** Of every life that a name has had and that is remembered, the latest last. */
  readonly tombstones: ReadonlyMap<string, readonly Tombstone[]>;
  readonly tombstonesById: ReadonlyMap<TimerId, Tombstone>;
  /** Oldest first; of one id at most `answersPerIdMax`, as of `unchanged`. */
  readonly rejected: ReadonlyMap<CommandId, readonly RefusedRecord[]>;
  /** Commands that were accepted and changed nothing: the version of each timer that they met, oldest first. */
  readonly unchanged: ReadonlyMap<CommandId, readonly TimerVersion[]>;
  /** `recordKey`s among `newNames` that somebody has. */
  readonly taken?: ReadonlySet<string>;
  /** Live timers in each namespace of `usageOf`, as committed just now; a namespace that is not counted has no entry. */
  readonly usage?: ReadonlyMap<string, number>;
}

/** An id is a command's own: where somebody gives one to many commands, no more answers of each kind are remembered for it. */
export const answersPerIdMax = 16;

/** A record that was refused: another key under the same command id is a command for another timer. */
export interface RefusedRecord {
  /** Of its key, the first `refusedKeyBytesMax` bytes. */
  readonly key: Buffer | null;
  readonly rejection: Rejection;
}

/** Longer than any `namespace/key`. */
export const refusedKeyBytesMax = 2_048;

/** A timer as it was. */
export interface TimerVersion {
  readonly timerId: TimerId;
  readonly version: number;
}

export interface DueTimer {
  readonly state: TimerState;
  /** Its last emission has not been acknowledged by Kafka yet: no deadline counts meanwhile. */
  readonly emissionPending: boolean;
}

/** New events of one timer, and what it folds to after them. */
export interface StreamWrite {
  readonly before: TimerState | null;
  /** null: deleted. */
  readonly after: TimerState | null;
  readonly events: readonly EventWrite[];
  /** The outbox row that carries this timer's emission; null: none in this transaction. */
  readonly emission: EmissionId | null;
}
export interface EventWrite extends RecordedEvent {
  readonly meta: EventMeta;
}
/** Who did it, by which record; the clock's own events have none of it. */
export interface EventMeta {
  readonly source?: SourceRef;
  readonly actor?: string;
  readonly traceparent?: string;
}

export interface RejectionWrite {
  readonly commandId: CommandId | null;
  readonly rejection: Rejection;
  readonly source: SourceRef;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** A command that was accepted and changed nothing leaves no event: without a row it would be new when it comes again. */
export interface UnchangedWrite extends TimerVersion {
  readonly commandId: CommandId;
}

/** What goes to the archive with the end of this stream, if anything. */
export const archivedState = ({ before, events }: StreamWrite): TimerState[] => {
  const last = events.at(-1)?.event;
  return last?.type === 'TimerDeleted' && last.archived === true && before !== null ? [before] : [];
};

/** How many live timers a stream adds to its namespace: 1, 0 or -1. */
export const liveChange = ({ before, after }: Pick<StreamWrite, 'before' | 'after'>): number =>
  Number(isLive(after)) - Number(isLive(before));

/** UUID of a row in the fire outbox: one row a batch, not one an event. */
export type EmissionId = string & { readonly __brand: 'EmissionId' };

/** Says which emissions a transaction owes to Kafka: `version` is that of the event that caused each. */
export interface EmissionWrite {
  readonly id: EmissionId;
  readonly entries: readonly { readonly timerId: TimerId; readonly version: number }[];
}

/** An outbox row that Kafka has answered for. */
export interface SettledEmission {
  readonly id: EmissionId;
  /** What Kafka refused of it: the row keeps that alone, and holds nothing else back; null: it took all, and the row goes. */
  readonly refused: RefusedEmission | null;
}
export interface RefusedEmission extends Omit<EmissionWrite, 'id'> {
  /** Those of its timers whose present emission it carries: a dead letter is of the past. */
  readonly present: readonly TimerId[];
  /** Nobody sends it again sooner. */
  readonly restMs: number;
}

export interface TransactionWrites {
  readonly streams: readonly StreamWrite[];
  readonly rejections: readonly RejectionWrite[];
  readonly unchanged: readonly UnchangedWrite[];
  readonly emission: EmissionWrite | null;
  readonly emitted: readonly SettledEmission[];
}

export interface TransactionResult {
  readonly now: EpochMs;
  readonly lostSources: ReadonlySet<string>;
}

/**
 * The log and the state that folds from it. One method writes: fence, lock, load, decide, append, commit, in one
 * transaction. `decide` is synchronous and pure; it may be called again when the database asks for a retry.
 */
export interface TimerLog {
  /**
   * All or nothing.
   * @throws TransientLogError (nothing was written, the same call may be made again), DataLogError (something in this
   * batch can never be written: halve it), or whatever `decide` threw
   */
  transact(
    request: TransactionRequest,
    decide: (loaded: LoadedTimers) => TransactionWrites,
  ): Promise<TransactionResult>;
  /** What a timer folded to at a version; null: unknown, its history is gone, or more than `eventsMax` events would be folded. */
  stateAt(timerId: TimerId, version: number, eventsMax?: number): Promise<TimerState | null>;
  /** Next offset to read, a partition; a partition without an entry starts at the topic's beginning. */
  storedOffsets(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>>;
}

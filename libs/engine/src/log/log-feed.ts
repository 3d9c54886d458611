import type { EpochMs, TimerId } from '#timer';
import type { RejectionWrite } from './timer-log.js';
import type { LogTopology } from './topology.js';

/** An event as it lies in the log; `data` is its JSON text, shipped without being parsed. */
export interface StoredEvent {
  readonly partition: number;
  readonly position: bigint;
  readonly timerId: TimerId;
  readonly version: number;
  readonly type: string;
  /** `namespace/key` */
  readonly recordKey: string;
  readonly nextFireAt: EpochMs | null;
  readonly commandId: string | null;
  readonly data: string;
  readonly recordedAt: EpochMs;
  readonly traceparent: string | null;
}

export interface StoredRejection extends RejectionWrite {
  readonly sequence: bigint;
}

/** For whoever follows the log and publishes nothing: no lock is taken, nothing is noted. */
export interface LogTail {
  topology(): Promise<LogTopology>;
  /** Position of the last event that is committed, 0 for none. */
  heads(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>>;
  /**
   * Events after these positions in position order, at most `max` in all, in one query. The same positions again give the same events
   * again: a reader that could not use them asks once more. A large event may make an answer end early, with partitions left out.
   */
  readAfter(positions: ReadonlyMap<number, bigint>, max: number): Promise<readonly StoredEvent[]>;
}

/** What the relay reads, and where it notes how far it came. */
export interface LogFeed extends LogTail {
  /** Partitions among these that this reader holds or could take just now; a partition has one reader. */
  hold(partitions: readonly number[]): Promise<readonly number[]>;
  release(): Promise<void>;
  /** Position of the last event that was published, 0 for none. */
  checkpoints(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>>;
  /** Compare and set: false for a partition means another reader has moved it. Answers the partitions that won. */
  advance(
    moves: readonly { readonly partition: number; readonly from: bigint; readonly to: bigint }[],
  ): Promise<ReadonlySet<number>>;
  unpublishedRejections(max: number): Promise<readonly StoredRejection[]>;
  markRejectionsPublished(sequences: readonly bigint[]): Promise<void>;
}

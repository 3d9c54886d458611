import type { InRecord, TopicPartition } from './records.js';
import type { KnownStart, OffsetOutOfRange, StartOffset } from './start-offset.js';

export interface BatchConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Asked after each assignment; kafkajs then seeks, and nothing that was fetched before is handed on. It may still be
   * waited for when the next assignment comes: what it finds counts only once `onAssigned` is called with it.
   */
  readonly startFrom?: (partitions: readonly TopicPartition[]) => Promise<ReadonlyMap<string, StartOffset>>;
  /**
   * After the seek: these partitions are ours and begin there (`startFrom`, by number), others are not any more. Told after the fact;
   * safety never rests on it.
   */
  readonly onAssigned?: (
    partitions: readonly TopicPartition[],
    starts: ReadonlyMap<string, KnownStart>,
  ) => void | Promise<void>;
  /** Shares are being dealt out anew, or this member is gone: nothing is read until `onAssigned`. */
  readonly onRebalancing?: () => void;
  /**
   * Records of one partition in order. Return soon: all partitions of a broker are fetched together, and wait for it.
   * `isCurrent` turns false when the partition is read from elsewhere since (a seek, another assignment): records that
   * were fetched before must not be taken for those that follow it. Where it rejects, however late, the consumer is made anew, and each
   * partition begins where it is told to, or where it was committed: nothing is passed over.
   */
  readonly onRecords: (
    topic: string,
    partition: number,
    records: readonly InRecord[],
    isCurrent: () => boolean,
  ) => void | Promise<void>;
  /**
   * A partition whose records `onRecords` has not taken by then is paused until it has, and the others are read on: for records that go
   * different ways, one of which may be closed. Default: all wait for it.
   */
  readonly pausedAfterMs?: number;
  /** A stored offset outside what the topic holds is never moved silently; the partition is not consumed. */
  readonly onOutOfRange?: (error: OffsetOutOfRange) => void;
  readonly sessionTimeoutMs?: number;
  readonly bytesPerPartitionMax?: number;
  /** For a reader in no hurry: records come when so many bytes are there, or after a quarter of a second. A broker and a process pay by the request. */
  readonly gatherBytes?: number;
  /** Without a fetch or a heartbeat for this long the consumer is made anew. */
  readonly stallMs?: number;
}

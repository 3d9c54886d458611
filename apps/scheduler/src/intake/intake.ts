import type { CommandRouter, HeldPartitions } from '#engine';
import {
  type InRecord,
  type KnownStart,
  type OffsetOutOfRange,
  partitionKey,
  type ReplyAddress,
  type StartOffset,
  type TopicPartition,
} from '#kafka';
import type { Logger } from '#runtime';
import type { CommandSpans } from '../command-spans.js';
import type { SchedulerMetrics } from '../metrics.js';
import { envelopeOf } from './envelope.js';

/** What the transport needs: where to start, and what to do with records. */
export interface Intake {
  startFrom(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, StartOffset>>;
  onAssigned(partitions: readonly TopicPartition[], starts: ReadonlyMap<string, KnownStart>): void;
  onOutOfRange(error: OffsetOutOfRange): void;
  onRecords(records: readonly InRecord[], isCurrent: () => boolean): Promise<void>;
}

export interface IntakeParts {
  readonly commandsTopic: string;
  readonly commands: CommandRouter<ReplyAddress>;
  readonly held: HeldPartitions;
  /** That hold the timers together. */
  readonly databases: number;
  readonly spans: CommandSpans | null;
  readonly metrics: Pick<SchedulerMetrics, 'tookOver'>;
  readonly logger: Logger;
  /** Partitions that are read here from now on, in place of those before. */
  onOwned(partitions: readonly number[]): void;
  onOutOfRange(error: OffsetOutOfRange): void;
}

/** From what is read of the commands topic to what is decided of it. */
export function intakeOf({
  commandsTopic,
  commands,
  held,
  databases,
  spans,
  metrics,
  logger,
  onOwned,
  onOutOfRange,
}: IntakeParts): Intake {
  let owned: readonly number[] = [];
  return {
    startFrom: async (partitions) => {
      const numbers = partitions.map(({ partition }) => partition);
      const starts = await held.starts(numbers);
      return new Map(
        partitions.map((at): [string, StartOffset] => [
          partitionKey(at),
          starts.get(at.partition) ?? 'earliest',
        ]),
      );
    },
    onOutOfRange,
    onAssigned: (partitions, starts) => {
      commands.assign(commandsTopic, positionsOf(partitions, starts));
      const waiting = partitions.filter((at) => starts.get(partitionKey(at)) === 'held');
      held.hold(waiting.map(({ partition }) => partition));
      if (waiting.length > 0)
        logger.warn(
          { partitions: waiting.map(({ partition }) => partition) },
          'partitions wait: for `carillon partitions expand`, or for a database that does not answer',
        );
      const former = new Set(owned);
      owned = partitions.map(({ partition }) => partition);
      const gained = owned.filter((partition) => !former.has(partition));
      metrics.tookOver(gained.length);
      logger.info({ partitions: owned, gained }, 'owns partitions');
      onOwned(owned);
    },
    onRecords: async (records, isCurrent) => {
      const [first] = records;
      // nothing may come between this question and the hand-over
      if (first === undefined || !isCurrent()) return;
      const envelopes = records.map((record) => envelopeOf(record, databases));
      await commands.submit(
        first.partition,
        spans === null ? envelopes : envelopes.map((envelope) => spans.begin(envelope)),
      );
    },
  };
}

function positionsOf(
  partitions: readonly TopicPartition[],
  starts: ReadonlyMap<string, KnownStart>,
): Map<number, bigint> {
  return new Map(
    partitions.flatMap((at): [number, bigint][] => {
      const start = starts.get(partitionKey(at));
      return typeof start === 'bigint' ? [[at.partition, start]] : [];
    }),
  );
}

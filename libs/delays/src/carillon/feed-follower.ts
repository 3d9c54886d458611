import { randomUUID } from 'node:crypto';
import { topicsOf } from '#contract';
import {
  BatchConsumer,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  partitionKey,
  ReadPositions,
  someHeaders,
} from '#kafka';
import { SeenVersions } from './seen-versions.js';

export interface FeedSettings {
  readonly kafka: KafkaSettings;
  readonly namespace: string;
  readonly topicPrefix?: string;
}

/** Counters may be a quarter of a second behind; what they cost is taken from the events. */
const gatherBytes = 256 * 1024;
const followedHeaders = ['ce_type', 'ce_timerid', 'ce_timerversion'] as const;

/** A record with the headers that followers look at. */
export type FollowedRecord = Pick<InRecord, 'headers' | 'value'>;

/** Every record of one namespace, once; in order for each timer, but for one that an expansion of the log moves just then. */
export class FeedFollower {
  readonly #consumer: BatchConsumer;
  readonly #positions: ReadPositions;
  readonly #seen = new SeenVersions();
  readonly #prefix: Buffer;
  readonly #positioned = Promise.withResolvers<void>();
  readonly #moved: (() => void)[] = [];
  #isStopped = false;

  constructor(
    { kafka, namespace, topicPrefix }: FeedSettings,
    from: 'earliest' | 'latest',
    private readonly onRecord: (record: FollowedRecord) => void,
    private readonly topics: readonly string[] = [topicsOf(topicPrefix).events],
  ) {
    this.#prefix = Buffer.from(`${namespace}/`);
    this.#positions = new ReadPositions(new KafkaAdmin(kafka), from);
    this.#consumer = new BatchConsumer(kafka, {
      groupId: `carillon-follow-${randomUUID()}`,
      topics,
      gatherBytes,
      startFrom: (partitions) => this.#positions.startFrom(partitions),
      onAssigned: () => this.#positioned.resolve(),
      onRecords: (topic, partition, records) => this.#take(partitionKey({ topic, partition }), records),
    });
  }

  /** Resolves when what is published from now on will be seen, or it is stopped. */
  async start(): Promise<void> {
    await this.#consumer.start();
    await this.#positioned.promise;
  }

  /** Final; safe before `start` and while it waits. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#positioned.resolve();
    this.#tellMoved();
    return this.#consumer.stop();
  }

  /** Resolves when everything that is published by now has been seen. @throws after `withinMs`, or when it is stopped */
  async caughtUp(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    const ends = await this.#positions.endsOf(this.topics);
    while (!this.#positions.hasReached(ends)) {
      if (this.#isStopped) throw new Error('the change feed is not followed any more');
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`the change feed was not read to its end within ${withinMs} ms`);
      await this.#nextMove(leftMs);
    }
  }

  #nextMove(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#moved.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #take(partition: string, records: readonly InRecord[]): void {
    for (const record of records) {
      if (!this.#positions.take(record) || !this.#isOurs(record)) continue;
      const headers = someHeaders(record, followedHeaders);
      if (this.#isNew(partition, headers)) this.onRecord({ headers, value: record.value });
    }
    this.#tellMoved();
  }

  #tellMoved(): void {
    for (const tell of this.#moved.splice(0)) tell();
  }

  #isOurs({ key }: InRecord): boolean {
    return key?.subarray(0, this.#prefix.length).equals(this.#prefix) === true;
  }

  /** Repeats carry a version that was seen. */
  #isNew(partition: string, headers: InRecord['headers']): boolean {
    const [id, version] = [
      headers.ce_timerid?.toString('latin1'),
      Number(headers.ce_timerversion?.toString('latin1')),
    ];
    return id !== undefined && !Number.isNaN(version) && this.#seen.note(partition, id, version);
  }
}

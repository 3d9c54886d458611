import { randomUUID } from 'node:crypto';
import { topicsOf } from '#contract';
import {
  BatchConsumer,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  partitionKey,
  type TopicPartition,
} from '#kafka';

export interface FeedSettings {
  readonly kafka: KafkaSettings;
  readonly namespace: string;
  readonly topicPrefix?: string;
}

/** Timers whose last seen version is remembered: the relay repeats soon after, or not at all. */
const rememberedMax = 50_000;

/**
 * Every record of one namespace, once and in order for each timer. Where it stands is its own, so it neither jumps nor
 * begins anew when the consumer is made again.
 */
export class FeedFollower {
  readonly #consumer: BatchConsumer;
  readonly #admin: KafkaAdmin;
  readonly #next = new Map<string, bigint>();
  readonly #versions = new Map<string, number>();
  readonly #prefix: Buffer;
  #positioned: () => void = () => undefined;
  #moved: (() => void)[] = [];

  constructor(
    { kafka, namespace, topicPrefix }: FeedSettings,
    private readonly from: 'earliest' | 'latest',
    private readonly onRecord: (record: InRecord) => void,
    private readonly topics: readonly string[] = [topicsOf(topicPrefix).events],
  ) {
    this.#prefix = Buffer.from(`${namespace}/`);
    this.#admin = new KafkaAdmin(kafka);
    this.#consumer = new BatchConsumer(kafka, {
      groupId: `carillon-follow-${randomUUID()}`,
      topics,
      startFrom: (partitions) => this.#positions(partitions),
      onAssigned: () => this.#positioned(),
      onRecords: (_topic, _partition, records) => this.#take(records),
    });
  }

  /** Resolves when what is published from now on will be seen. */
  async start(): Promise<void> {
    const positioned = new Promise<void>((resolve) => {
      this.#positioned = resolve;
    });
    await this.#consumer.start();
    await positioned;
  }

  stop(): Promise<void> {
    this.#positioned();
    return this.#consumer.stop();
  }

  /** Resolves when everything that is published by now has been seen. @throws after `withinMs` */
  async caughtUp(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    const ends = new Map<string, bigint>();
    for (const topic of this.topics)
      for (const { partition, high } of await this.#admin.topicOffsets(topic))
        ends.set(partitionKey({ topic, partition }), high);
    const isBehind = (): boolean => [...ends].some(([key, end]) => (this.#next.get(key) ?? 0n) < end);
    while (isBehind()) {
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

  /** Offsets, not "the end": a consumer that is made anew before a record came must not skip what came meanwhile. */
  async #positions(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    for (const topic of new Set(partitions.map((at) => at.topic))) {
      for (const { partition, low, high } of await this.#admin.topicOffsets(topic)) {
        const key = partitionKey({ topic, partition });
        const next = this.#next.get(key) ?? (this.from === 'latest' ? high : low);
        // what retention has taken meanwhile is gone; reading goes on with the oldest that is there
        const isGone = next < low;
        this.#next.set(key, isGone ? low : next);
      }
    }
    return this.#next;
  }

  #take(records: readonly InRecord[]): void {
    for (const record of records) {
      const key = partitionKey(record);
      if (record.offset < (this.#next.get(key) ?? 0n)) continue;
      this.#next.set(key, record.offset + 1n);
      if (this.#isOurs(record) && this.#isNew(record)) this.onRecord(record);
    }
    const moved = this.#moved;
    this.#moved = [];
    for (const tell of moved) tell();
  }

  #isOurs({ key }: InRecord): boolean {
    return key?.subarray(0, this.#prefix.length).equals(this.#prefix) === true;
  }

  /** Repeats carry a version that was seen. */
  #isNew({ topic, headers }: InRecord): boolean {
    const [id, version] = [
      headers.ce_timerid?.toString('latin1'),
      Number(headers.ce_timerversion?.toString('latin1')),
    ];
    if (id === undefined || Number.isNaN(version)) return false;
    const name = `${topic}/${id}`;
    if (version <= (this.#versions.get(name) ?? 0)) return false;
    this.#versions.delete(name);
    this.#versions.set(name, version);
    if (this.#versions.size > rememberedMax) {
      const [oldest] = this.#versions.keys();
      if (oldest !== undefined) this.#versions.delete(oldest);
    }
    return true;
  }
}

import { randomUUID } from 'node:crypto';
import { topicsOf } from '#contract';
import { BatchConsumer, type InRecord, KafkaAdmin, type KafkaSettings, ReadPositions } from '#kafka';

export interface FeedSettings {
  readonly kafka: KafkaSettings;
  readonly namespace: string;
  readonly topicPrefix?: string;
}

/** Timers whose last seen version is remembered, at least: the relay repeats soon after, or not at all. */
const rememberedMin = 25_000;
/** Counters may be a quarter of a second behind; what they cost is taken from the events. */
const gatherBytes = 256 * 1024;

/** Every record of one namespace, once; in order for each timer, but for one that an expansion of the log moves just then. */
export class FeedFollower {
  readonly #consumer: BatchConsumer;
  readonly #positions: ReadPositions;
  /** By timer, in two generations: the older one goes as a whole. */
  #versions = new Map<string, number>();
  #olderVersions: ReadonlyMap<string, number> = new Map();
  readonly #prefix: Buffer;
  #positioned: () => void = () => undefined;
  #moved: (() => void)[] = [];

  constructor(
    { kafka, namespace, topicPrefix }: FeedSettings,
    from: 'earliest' | 'latest',
    private readonly onRecord: (record: InRecord) => void,
    private readonly topics: readonly string[] = [topicsOf(topicPrefix).events],
  ) {
    this.#prefix = Buffer.from(`${namespace}/`);
    this.#positions = new ReadPositions(new KafkaAdmin(kafka), from);
    this.#consumer = new BatchConsumer(kafka, {
      groupId: `carillon-follow-${randomUUID()}`,
      topics,
      gatherBytes,
      startFrom: (partitions) => this.#positions.startFrom(partitions),
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
    const ends = await this.#positions.endsOf(this.topics);
    while (!this.#positions.hasReached(ends)) {
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

  #take(records: readonly InRecord[]): void {
    for (const record of records)
      if (this.#positions.take(record) && this.#isOurs(record) && this.#isNew(record)) this.onRecord(record);
    const moved = this.#moved;
    this.#moved = [];
    for (const tell of moved) tell();
  }

  #isOurs({ key }: InRecord): boolean {
    return key?.subarray(0, this.#prefix.length).equals(this.#prefix) === true;
  }

  /** Repeats carry a version that was seen, and come where they came before: a timer that has moved leaves its former partition to be read. */
  #isNew({ topic, partition, headers }: InRecord): boolean {
    const [id, version] = [
      headers.ce_timerid?.toString('latin1'),
      Number(headers.ce_timerversion?.toString('latin1')),
    ];
    if (id === undefined || Number.isNaN(version)) return false;
    const name = `${topic}/${partition}/${id}`;
    const seen = this.#versions.get(name) ?? this.#olderVersions.get(name) ?? 0;
    if (version <= seen) return false;
    this.#versions.set(name, version);
    if (this.#versions.size >= rememberedMin) {
      this.#olderVersions = this.#versions;
      this.#versions = new Map();
    }
    return true;
  }
}

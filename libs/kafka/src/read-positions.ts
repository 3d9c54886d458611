import type { KafkaAdmin } from './admin.js';
import { type InRecord, partitionKey, type TopicPartition } from './records.js';

/** Records that nobody can read any more: retention has taken them, or the topic was made anew. */
export interface ReadGap extends TopicPartition {
  /** Offset of the record that should have come. */
  readonly from: bigint;
  /** Offset of the one that comes. */
  readonly to: bigint;
}

/**
 * Where a reader stands that shares its topics with nobody. The positions are its own and never "the end": a consumer that is made
 * anew, also before a record came, reads on where it was.
 */
export class ReadPositions {
  readonly #next = new Map<string, bigint>();
  readonly #topics = new Set<string>();

  constructor(
    private readonly admin: Pick<KafkaAdmin, 'topicOffsets'>,
    /** Of topics that were not read before; a partition that one gets later begins at its beginning. */
    private readonly from: 'earliest' | 'latest',
    private readonly onGap: (gap: ReadGap) => void = () => undefined,
  ) {}

  /** For `startFrom` of a consumer. */
  async startFrom(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    for (const topic of new Set(partitions.map((at) => at.topic))) {
      const ranges = await this.admin.topicOffsets(topic);
      const isKnown = this.#topics.has(topic);
      this.#topics.add(topic);
      for (const { partition, low, high } of ranges)
        this.#place({ topic, partition }, low, high, isKnown ? 'earliest' : this.from);
    }
    return this.#next;
  }

  /** Counts a record as read; false: it was read before. */
  take(record: InRecord): boolean {
    const key = partitionKey(record);
    if (record.offset < (this.#next.get(key) ?? 0n)) return false;
    this.#next.set(key, record.offset + 1n);
    return true;
  }

  /** The ends of topics as they are now. */
  async endsOf(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const ends = new Map<string, bigint>();
    for (const topic of topics)
      for (const { partition, high } of await this.admin.topicOffsets(topic))
        ends.set(partitionKey({ topic, partition }), high);
    return ends;
  }

  /** Whether everything before these ends was read. */
  hasReached(ends: ReadonlyMap<string, bigint>): boolean {
    return [...ends].every(([key, end]) => (this.#next.get(key) ?? 0n) >= end);
  }

  #place(at: TopicPartition, low: bigint, high: bigint, from: 'earliest' | 'latest'): void {
    const key = partitionKey(at);
    const next = this.#next.get(key);
    if (next === undefined) this.#next.set(key, from === 'latest' ? high : low);
    else if (next < low || next > high) {
      this.#next.set(key, low);
      this.onGap({ ...at, from: next, to: low });
    }
  }
}

import type { BatchConsumerOptions } from './batch-consumer-options.js';
import type { GroupMembership } from './group-membership.js';
import { partitionKey, type TopicPartition } from './records.js';
import { isOutside, type KnownStart, knownStart, type OffsetRange } from './start-offset.js';

/** Where a share begins, by number: `startFrom` is asked, and the broker what each partition holds. */
export class ShareStarts {
  readonly #widths = new Map<string, number>();

  constructor(
    private readonly startFrom: BatchConsumerOptions['startFrom'],
    private readonly membership: () => GroupMembership | null | undefined,
  ) {}

  /** How many partitions a topic of `startFrom` had when it was asked last. */
  widthOf(topic: string): number {
    return this.#widths.get(topic) ?? 0;
  }

  async ask(assigned: readonly TopicPartition[]): Promise<{
    readonly starts: ReadonlyMap<string, KnownStart>;
    readonly ranges: ReadonlyMap<string, OffsetRange>;
  }> {
    if (this.startFrom === undefined) return { starts: new Map(), ranges: new Map() };
    const [wanted, asked] = await Promise.all([this.startFrom(assigned), this.#ranges(assigned)]);
    // what is stored may have moved on since it was asked what is there
    const isStale = [...wanted].some(([key, start]) => isOutside(start, asked.get(key)));
    const ranges = isStale ? await this.#ranges(assigned) : asked;
    const starts = new Map(
      [...wanted].flatMap(([key, start]): [string, KnownStart][] => {
        const known = knownStart(start, ranges.get(key));
        return known === undefined ? [] : [[key, known]];
      }),
    );
    return { starts, ranges };
  }

  async #ranges(assigned: readonly TopicPartition[]): Promise<ReadonlyMap<string, OffsetRange>> {
    const ranges = new Map<string, OffsetRange>();
    for (const topic of new Set(assigned.map((at) => at.topic))) {
      const all = (await this.membership()?.rangesOf(topic)) ?? new Map<number, OffsetRange>();
      this.#widths.set(topic, all.size);
      for (const [partition, range] of all) ranges.set(partitionKey({ topic, partition }), range);
    }
    return ranges;
  }
}

import { partitionKey, type TopicPartition } from '#kafka';
import { LowestUnfinished } from './lowest-unfinished.js';

interface PartitionProgress {
  readonly at: TopicPartition;
  readonly progress: LowestUnfinished;
}

/**
 * How far a member of a group is done with its partitions, through assignments. What is under way of a partition that went is kept in
 * mind: it may come back, and its offset must not move over it.
 */
export class GroupProgress {
  readonly #byPartition = new Map<string, PartitionProgress>();
  #assigned: readonly TopicPartition[] = [];

  /** Everything that is not finished comes again from the committed offsets; what is under way goes on. */
  onAssigned(assigned: readonly TopicPartition[]): void {
    for (const [key, { progress }] of this.#byPartition) {
      progress.beginAnew();
      if (progress.isIdle) this.#byPartition.delete(key);
    }
    this.#assigned = assigned;
    for (const at of assigned) {
      const key = partitionKey(at);
      if (!this.#byPartition.has(key)) this.#byPartition.set(key, { at, progress: new LowestUnfinished() });
    }
  }

  of(at: TopicPartition): LowestUnfinished | undefined {
    return this.#byPartition.get(partitionKey(at))?.progress;
  }

  /** Of the partitions that are this member's now. */
  get assigned(): readonly LowestUnfinished[] {
    return this.#assigned.flatMap((at) => this.of(at) ?? []);
  }

  /** To be committed. */
  offsets(
    positionOf = (progress: LowestUnfinished) => progress.position(),
  ): (TopicPartition & { readonly offset: bigint })[] {
    return [...this.#byPartition.values()].flatMap(({ at, progress }) => {
      const offset = positionOf(progress);
      return offset === null ? [] : [{ topic: at.topic, partition: at.partition, offset }];
    });
  }
}

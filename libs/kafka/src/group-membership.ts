import { createRequire } from 'node:module';
import type { TopicPartition } from './records.js';
import { replaceModule } from './replace-module.js';
import { settlesWithin } from './settles-within.js';
import type { OffsetRange } from './start-offset.js';

// kafkajs leaves a group only when its last fetch and the last batch of that are over, and hears that shares are dealt out anew only between two
// fetches. Those who stay wait for the first, and for the last of them to hear it; what is due in these partitions waits as well. This member
// leaves in the moment it is asked to, and hears of it while it fetches. docs/adr/0005 has the other replacements and the way back.

interface Coordinator {
  leaveGroup(member: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  heartbeat(member: {
    readonly groupId: string;
    readonly memberId: string;
    readonly groupGenerationId: number | null;
  }): Promise<unknown>;
  metadata(topics: readonly string[]): Promise<{
    readonly topicMetadata: readonly { readonly partitionMetadata: readonly PartitionOf[] }[];
  }>;
}
interface PartitionOf {
  readonly partitionId: number;
}
interface TopicOffsets {
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}
interface Cluster {
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionOf[];
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly fromBeginning: boolean;
      readonly partitions: readonly { readonly partition: number }[];
    }[],
  ): Promise<readonly TopicOffsets[]>;
}
/** The part of kafkajs's consumer group that is used here. */
declare class KafkajsGroup {
  constructor(options: { readonly assigners: readonly object[] });
  readonly groupId: string;
  readonly generationId: number | null;
  readonly coordinator: Coordinator | null;
  readonly cluster: Cluster;
  /** Of the group, told to its leader alone. */
  readonly members: readonly object[] | null;
  memberId: string | null;
  joinAndSync(): Promise<void>;
  fetch(nodeId: string): Promise<readonly object[]>;
  heartbeat(options: { readonly interval: number }): Promise<void>;
  recoverFromOffsetOutOfRange(at: TopicPartition): Promise<void>;
}

/** Where a consumer and its membership meet; an assigner with this reaches both. */
export interface MembershipHolder {
  membership: GroupMembership | null;
  /** Settles when it is known where the present share begins. */
  positioned: Promise<void>;
  /** A partition does not hold what was to be read next. Null: kafkajs goes on from the beginning of what is there. */
  readonly onOutOfRange: ((at: TopicPartition) => void) | null;
}
const isHolder = (assigner: object): assigner is MembershipHolder => 'membership' in assigner;

/** Where the database does not say where to begin, the member must go on as kafkajs does: it is heard of by its batches only. */
const positionMaxMs = 1_000;

/** Whoever has begun no fetch for longer hangs, and is to be forgotten, as kafkajs would let it be. */
const betweenFetchesMaxMs = 1_000;

const require = createRequire(import.meta.url);
const path = require.resolve('kafkajs/src/consumer/consumerGroup.js');
const Original = require(path) as typeof KafkajsGroup;

export class GroupMembership extends Original {
  #holder: MembershipHolder | null = null;
  #hasLeft = false;
  #joining: Promise<void> | null = null;
  /** Ends the fetches under way. */
  readonly #interrupts = new Set<(error: unknown) => void>();
  /** Shares are being dealt out anew, said the broker. */
  #dealing: Error | null = null;
  #fetchedAt = 0;
  #isBeating = false;

  constructor(options: { readonly assigners: readonly object[] }) {
    super(options);
    for (const assigner of options.assigners) {
      if (!isHolder(assigner)) continue;
      this.#holder = assigner;
      assigner.membership = this;
    }
  }

  override joinAndSync(): Promise<void> {
    // kafkajs joins anew after each fetch that was refused: one that goes on being refused would take the turn of everything else
    this.#dealing = null;
    if (this.#hasLeft) return Promise.resolve();
    this.#joining ??= super.joinAndSync().finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  /**
   * From where the share begins: kafkajs would read from the group's offset until it hears of that, the whole topic where nothing was
   * committed, and drop it. What an interrupted one brings is dropped.
   */
  override fetch(nodeId: string): Promise<readonly object[]> {
    this.#fetchedAt = performance.now();
    if (this.#dealing !== null) return Promise.reject(this.#dealing);
    return new Promise((resolve, reject) => {
      this.#interrupts.add(reject);
      settlesWithin(positionMaxMs, this.#holder?.positioned ?? Promise.resolve())
        .then(() => (this.#interrupts.has(reject) ? super.fetch(nodeId) : []))
        .then(resolve, reject)
        .finally(() => this.#interrupts.delete(reject));
    });
  }

  /** Where somebody else keeps the offsets, what is missing is for them to judge: kafkajs would pass over it without a word. */
  override async recoverFromOffsetOutOfRange(at: TopicPartition): Promise<void> {
    const judge = this.#holder?.onOutOfRange ?? null;
    if (judge === null) await super.recoverFromOffsetOutOfRange(at);
    else judge(at);
  }

  override heartbeat(options: { readonly interval: number }): Promise<void> {
    return this.#dealing === null ? super.heartbeat(options) : Promise.reject(this.#dealing);
  }

  /**
   * To be called often: asks whether shares are being dealt out anew, and ends what fetches if so, or what beats next. Who is alone in its
   * group holds nobody up.
   */
  async beat(): Promise<void> {
    const { groupId, memberId, generationId, coordinator } = this;
    const isAlone = this.members?.length === 1;
    const isIdle =
      this.#isBeating || this.#joining !== null || performance.now() - this.#fetchedAt > betweenFetchesMaxMs;
    if (isAlone || isIdle || memberId === null || coordinator === null) return;
    this.#isBeating = true;
    try {
      await coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId });
    } catch (error) {
      // anything else comes up at kafkajs's own next heartbeat; and it may have left, or joined anew, meanwhile
      const isNews = !this.#hasLeft && this.#joining === null && generationId === this.generationId;
      if (isNews && isDealing(error)) this.#interrupt(error);
    } finally {
      this.#isBeating = false;
    }
  }

  #interrupt(error: Error): void {
    this.#dealing = error;
    for (const interrupt of this.#interrupts) interrupt(error);
    this.#interrupts.clear();
  }

  /** Whatever is fetched or handled meanwhile. A join that is under way is waited for: the broker answers in order. */
  async leaveAtOnce(): Promise<void> {
    this.#hasLeft = true;
    await this.#joining?.catch(() => undefined);
    const { groupId, memberId, coordinator } = this;
    // a heartbeat that came after it would be refused, and kafkajs would join again
    this.memberId = null;
    if (memberId !== null) await coordinator?.leaveGroup({ groupId, memberId });
  }

  /**
   * Of a topic that this member need not follow. Asked beside what its cluster knows, which is renewed for all topics together: one of others
   * that is gone must not stop that.
   */
  async partitionsOf(topic: string): Promise<readonly number[]> {
    const described = await this.coordinator?.metadata([topic]);
    return (described?.topicMetadata ?? []).flatMap(({ partitionMetadata }) =>
      partitionMetadata.map(({ partitionId }) => partitionId),
    );
  }

  /** Of each partition of a topic, as it is now; on the connections that are there. */
  async rangesOf(topic: string): Promise<ReadonlyMap<number, OffsetRange>> {
    await this.cluster.refreshMetadataIfNecessary();
    const partitions = this.cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => ({ partition: partitionId }));
    const [lows, highs] = await Promise.all(
      [true, false].map(async (fromBeginning) => {
        const [told] = await this.cluster.fetchTopicsOffset([{ topic, fromBeginning, partitions }]);
        return new Map(told?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      }),
    );
    return new Map(
      partitions.flatMap(({ partition }): [number, OffsetRange][] => {
        const [low, high] = [lows?.get(partition), highs?.get(partition)];
        return low === undefined || high === undefined ? [] : [[partition, { low, high }]];
      }),
    );
  }
}

const isDealing = (error: unknown): error is Error =>
  error instanceof Error && (error as { type?: string }).type === 'REBALANCE_IN_PROGRESS';

replaceModule(path, GroupMembership);

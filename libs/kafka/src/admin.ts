import type { Admin } from 'kafkajs';
import { kafkaClient } from './client.js';
import type { KafkaSettings } from './settings.js';
import type { OffsetRange } from './start-offset.js';
import { assignmentOf } from './sticky-assigner.js';
import { isOfTopic, TopicRefused } from './topic-refused.js';
import { isNotYetKnown, untilKnown } from './until-known.js';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** A topic that is there already may have another number of partitions. */
  readonly anyCount?: boolean;
  /** It may be wider: the log behind it has not been expanded yet. */
  readonly mayBeWider?: boolean;
  readonly config?: Readonly<Record<string, string>>;
}

export class PartitionCountMismatch extends Error {
  readonly code = 'kafka/partition-count';
  constructor(
    readonly topic: string,
    readonly found: number,
    readonly wanted: number,
  ) {
    super(
      `topic ${topic} has ${found} partitions, the log has ${wanted}: ${
        found < wanted
          ? `\`carillon partitions expand ${wanted}\` makes it wider`
          : "is it another log's topic? Use another TOPIC_PREFIX"
      }`,
    );
    this.name = 'PartitionCountMismatch';
  }
}

export interface PartitionRange extends OffsetRange {
  readonly partition: number;
}

/** A member of a consumer group. */
export interface GroupMember {
  readonly memberId: string;
  /** As the broker sees it. */
  readonly host: string;
}

/** Topics and offsets; one connection for each use, since uses are rare. */
export class KafkaAdmin {
  constructor(private readonly settings: KafkaSettings) {}

  /**
   * Makes what is missing; races with others that do the same are fine.
   * @throws PartitionCountMismatch, or TopicRefused if Kafka will not make one of them: the others may be there or not
   */
  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    try {
      await untilKnown(() => this.#use((admin) => ensure(admin, specs)));
    } catch (error) {
      throw isOfTopic(error) ? new TopicRefused(refusedTopic(error, specs), error) : error;
    }
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    await this.#use((admin) => admin.deleteTopics({ topics: [...topics] }));
  }

  async topicOffsets(topic: string): Promise<PartitionRange[]> {
    return this.#use(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
    });
  }

  /** The first offset of each partition whose record was written at that moment (ms since 1970) or after; its end if none was. */
  async offsetsSince(topic: string, sinceMs: number): Promise<ReadonlyMap<number, bigint>> {
    return this.#use(async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs);
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
    });
  }

  /** How many partitions each has; null: there is no such topic. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    return this.#use(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const there = topics.filter((topic) => existing.has(topic));
      const { topics: told } =
        there.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: there });
      const counts = new Map(told.map(({ name, partitions }) => [name, partitions.length]));
      return new Map(topics.map((topic) => [topic, counts.get(topic) ?? null]));
    });
  }

  /** Makes a topic wider, and waits until its new partitions can be used; one that is as wide already, or wider, stays as it is. */
  async widenTopic(topic: string, partitions: number): Promise<void> {
    await this.#use(async (admin) => {
      const { topics: told } = await admin.fetchTopicMetadata({ topics: [topic] });
      if ((told[0]?.partitions.length ?? 0) >= partitions) return;
      await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    });
    await untilKnown(
      async () => {
        const { length } = await this.topicOffsets(topic);
        if (length < partitions) throw new PartitionCountMismatch(topic, length, partitions);
      },
      { isTooEarly: (error) => error instanceof PartitionCountMismatch || isNotYetKnown(error) },
    );
  }

  /** Whether every member of a group has its share. */
  async groupState(groupId: string): Promise<'empty' | 'dealing' | 'dealt'> {
    return this.#use(async (admin) => {
      const { groups } = await admin.describeGroups([groupId]);
      const [group] = groups;
      if (group === undefined || group.state === 'Empty' || group.state === 'Dead') return 'empty';
      return group.state === 'Stable' ? 'dealt' : 'dealing';
    });
  }

  /** Which member of a group has which partition of a topic. None of those that are being dealt. */
  async groupOwners(groupId: string, topic: string): Promise<ReadonlyMap<number, GroupMember>> {
    const { groups } = await this.#use((admin) => admin.describeGroups([groupId]));
    const owners = new Map<number, GroupMember>();
    for (const { memberId, clientHost, memberAssignment } of groups[0]?.members ?? []) {
      const member = { memberId, host: clientHost.replace(/^\//, '') };
      for (const partition of assignmentOf(memberAssignment)[topic] ?? []) owners.set(partition, member);
    }
    return owners;
  }

  async #use<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafkaClient(this.settings).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

/** The answer to a creation names it; others speak of all that were asked for. */
function refusedTopic(error: unknown, specs: readonly TopicSpec[]): string {
  const errors = (error as { errors?: readonly { topic?: string; type?: string }[] }).errors ?? [];
  const refused = errors.find(({ type }) => type !== 'TOPIC_ALREADY_EXISTS');
  return refused?.topic ?? specs.map(({ topic }) => topic).join(', ');
}

async function ensure(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter(({ topic }) => !existing.has(topic));
  if (missing.length > 0) await createMissing(admin, missing);
  const wanted = new Map(specs.map((spec) => [spec.topic, spec]));
  const { topics } = await admin.fetchTopicMetadata({ topics: [...wanted.keys()] });
  for (const { name, partitions } of topics) {
    const spec = wanted.get(name);
    if (spec === undefined || spec.anyCount === true || partitions.length === spec.partitions) continue;
    if (spec.mayBeWider === true && partitions.length > spec.partitions) continue;
    throw new PartitionCountMismatch(name, partitions.length, spec.partitions);
  }
}

async function createMissing(admin: Admin, missing: readonly TopicSpec[]): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        configEntries: Object.entries(config ?? {}).map(([name, value]) => ({ name, value })),
      })),
    });
  } catch (error) {
    // somebody else has just made one of them; a partition count that differs is found by the caller
    if (!isTopicExists(error)) throw error;
  }
}

function isTopicExists(error: unknown): boolean {
  if ((error as { type?: string } | null)?.type === 'TOPIC_ALREADY_EXISTS') return true;
  const inner = (error as { errors?: unknown[] } | null)?.errors;
  return Array.isArray(inner) && inner.length > 0 && inner.every(isTopicExists);
}

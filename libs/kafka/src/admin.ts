import { type Admin, AssignerProtocol } from 'kafkajs';
import { kafkaClient } from './client.js';
import type { KafkaSettings } from './settings.js';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** A topic that is there already may have another number of partitions. */
  readonly anyCount?: boolean;
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
      `topic ${topic} has ${found} partitions, ${wanted} were configured: set PARTITIONS=${found}, or use another TOPIC_PREFIX`,
    );
    this.name = 'PartitionCountMismatch';
  }
}

export interface PartitionRange {
  readonly partition: number;
  /** First offset that is there, and the one after the last. */
  readonly low: bigint;
  readonly high: bigint;
}

/** A member of a consumer group. */
export interface GroupMember {
  readonly memberId: string;
  /** As the broker sees it. */
  readonly host: string;
}

const ensureTriesMax = 8;
const ensureAgainMs = 100;

/** Topics and offsets; one connection for each use, since uses are rare. */
export class KafkaAdmin {
  constructor(private readonly settings: KafkaSettings) {}

  /**
   * Makes what is missing; races with others that do the same are fine.
   * @throws PartitionCountMismatch
   */
  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#use((admin) => ensure(admin, specs));
        return;
      } catch (error) {
        // a topic that was made this moment, by us or by others, is not known to the broker at once
        if (tries === ensureTriesMax || !isNotYetKnown(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, ensureAgainMs * tries));
      }
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
      // without bytes there is no share, and its reader would read past their end
      const share = memberAssignment.length > 0 && AssignerProtocol.MemberAssignment.decode(memberAssignment);
      if (!share) continue;
      const member = { memberId, host: clientHost.replace(/^\//, '') };
      for (const partition of share.assignment[topic] ?? []) owners.set(partition, member);
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

async function ensure(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter(({ topic }) => !existing.has(topic));
  if (missing.length > 0) await createMissing(admin, missing);
  const wanted = new Map(specs.map((spec) => [spec.topic, spec]));
  const { topics } = await admin.fetchTopicMetadata({ topics: [...wanted.keys()] });
  for (const { name, partitions } of topics) {
    const spec = wanted.get(name);
    if (spec === undefined || spec.anyCount === true || partitions.length === spec.partitions) continue;
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

/** kafkajs gives up waiting for leaders at the first answer that a topic is unknown. */
function isNotYetKnown(error: unknown): boolean {
  const type = (error as { type?: string } | null)?.type;
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE';
}

function isTopicExists(error: unknown): boolean {
  if ((error as { type?: string } | null)?.type === 'TOPIC_ALREADY_EXISTS') return true;
  const inner = (error as { errors?: unknown[] } | null)?.errors;
  return Array.isArray(inner) && inner.length > 0 && inner.every(isTopicExists);
}

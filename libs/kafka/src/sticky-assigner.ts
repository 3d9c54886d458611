import { type Assigner, AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { dealPartitions, type Sharer } from './deal-partitions.js';
import type { GroupMembership, MembershipHolder } from './group-membership.js';
import type { TopicPartition } from './records.js';
import type { Logger } from './settings.js';
import { isOfTopic } from './topic-refused.js';
import { isNotYetKnown, untilKnown } from './until-known.js';

type Cluster = Parameters<PartitionAssigner>[0]['cluster'];
type Assignment = Readonly<Record<string, readonly number[]>>;
const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** The group waits for its shares meanwhile, and a broker for no longer than a session for whoever deals them. */
const describeTriesMax = 4;

/** A member tells what it has when it joins, and the leader lets it keep that as far as shares stay even. */
export class StickyAssigner implements Assigner, MembershipHolder {
  readonly name = 'CarillonStickyAssigner';
  readonly version = 0;
  membership: GroupMembership | null = null;
  positioned: Promise<void> = Promise.resolve();
  onOutOfRange: MembershipHolder['onOutOfRange'] = null;
  /** What this member has, as it last heard. */
  owned: readonly TopicPartition[] = [];
  #cluster: Cluster | null = null;

  constructor(private readonly log: Logger) {}

  /** For `partitionAssigners`. */
  readonly of: PartitionAssigner = ({ cluster }) => {
    this.#cluster = cluster;
    return this;
  };

  protocol: Assigner['protocol'] = ({ topics }) => ({
    name: this.name,
    metadata: MemberMetadata.encode({ version: this.version, topics, userData: this.#encode(this.owned) }),
  });

  /** Whoever leads deals what any member follows: the members of a group need not follow the same topics. */
  assign: Assigner['assign'] = async ({ members, topics }) => {
    const sharers = members.map(
      ({ memberId, memberMetadata }): Sharer => ({ memberId, ...toldIn(memberMetadata) }),
    );
    const others = new Set(sharers.flatMap((sharer) => sharer.topics).toSorted());
    for (const topic of topics) others.delete(topic);
    const partitions = await Promise.all([
      ...topics.map((topic) => this.#partitionsOfOwn(topic)),
      ...[...others].map((topic) => this.#partitionsOfOthers(topic)),
    ]);
    return [...dealPartitions(sharers, partitions.flat())].map(([memberId, has]) => ({
      memberId,
      memberAssignment: this.#encode(has),
    }));
  };

  #partitionsOfOwn(topic: string): readonly TopicPartition[] {
    const known = this.#cluster?.findTopicPartitionMetadata(topic) ?? [];
    return known.map(({ partitionId }) => ({ topic, partition: partitionId }));
  }

  async #partitionsOfOthers(topic: string): Promise<readonly TopicPartition[]> {
    try {
      const told = await untilKnown(async () => (await this.membership?.partitionsOf(topic)) ?? [], {
        triesMax: describeTriesMax,
      });
      return told.map((partition) => ({ topic, partition }));
    } catch (error) {
      if (!isOfTopic(error) && !isNotYetKnown(error)) throw error;
      this.log.warn(
        { topic, error: error instanceof Error ? error.message : String(error) },
        'a topic that other members of the group follow cannot be described, and nobody reads it until shares are dealt anew: is it there, and may this user describe it?',
      );
      return [];
    }
  }

  #encode(partitions: readonly TopicPartition[]): Buffer {
    const assignment: Record<string, number[]> = {};
    for (const { topic, partition } of partitions) {
      assignment[topic] ??= [];
      assignment[topic].push(partition);
    }
    return MemberAssignment.encode({ version: this.version, assignment, userData: Buffer.alloc(0) });
  }
}

function toldIn(metadata: Buffer): Pick<Sharer, 'topics' | 'owned'> {
  const told = MemberMetadata.decode(metadata);
  return {
    topics: told?.topics ?? [],
    owned: partitionsOf(assignmentOf(told?.userData ?? Buffer.alloc(0))),
  };
}

/** Partitions by topic, as the broker keeps them of a member of a group. */
export const assignmentOf = (kept: Buffer): Assignment =>
  // without bytes there is no share, and its reader would read past their end
  kept.length === 0 ? {} : (MemberAssignment.decode(kept)?.assignment ?? {});

export const partitionsOf = (assignment: Assignment): readonly TopicPartition[] =>
  Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );

import { type Assigner, AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { dealPartitions, type Sharer } from './deal-partitions.js';
import type { GroupMembership, MembershipHolder } from './group-membership.js';
import type { TopicPartition } from './records.js';

type Cluster = Parameters<PartitionAssigner>[0]['cluster'];
type Assignment = Readonly<Record<string, readonly number[]>>;
const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** A member tells what it has when it joins, and the leader lets it keep that as far as shares stay even. */
export class StickyAssigner implements Assigner, MembershipHolder {
  readonly name = 'CarillonStickyAssigner';
  readonly version = 0;
  membership: GroupMembership | null = null;
  positioned: Promise<void> = Promise.resolve();
  /** What this member has, as it last heard. */
  owned: readonly TopicPartition[] = [];
  #cluster: Cluster | null = null;

  /** For `partitionAssigners`. */
  readonly of: PartitionAssigner = ({ cluster }) => {
    this.#cluster = cluster;
    return this;
  };

  protocol: Assigner['protocol'] = ({ topics }) => ({
    name: this.name,
    metadata: MemberMetadata.encode({ version: this.version, topics, userData: this.#encode(this.owned) }),
  });

  assign: Assigner['assign'] = async ({ members, topics }) => {
    const partitions = topics.flatMap((topic) =>
      (this.#cluster?.findTopicPartitionMetadata(topic) ?? []).map(({ partitionId }) => ({
        topic,
        partition: partitionId,
      })),
    );
    const sharers = members.map(
      ({ memberId, memberMetadata }): Sharer => ({ memberId, ...toldIn(memberMetadata) }),
    );
    return [...dealPartitions(sharers, partitions)].map(([memberId, has]) => ({
      memberId,
      memberAssignment: this.#encode(has),
    }));
  };

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

import { partitionKey, type TopicPartition } from './records.js';

/** Who shares, and what it had so far. */
export interface Sharer {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
}

interface Hand {
  readonly memberId: string;
  readonly topics: ReadonlySet<string>;
  readonly has: TopicPartition[];
}

/**
 * Each partition to one of those who read its topic. Everybody keeps what it had as far as shares stay even: whoever leaves moves its own
 * partitions and nobody else's. The same for the same input, whatever its order.
 */
export function dealPartitions(
  sharers: readonly Sharer[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const hands = sharers
    .toSorted((one, other) => (one.memberId < other.memberId ? -1 : 1))
    .map(({ memberId, topics }): Hand => ({ memberId, topics: new Set(topics), has: [] }));
  const owners = ownersOf(sharers, hands);
  const left: TopicPartition[] = [];
  for (const at of partitions) (owners.get(partitionKey(at))?.has ?? left).push(at);
  for (const at of left) leastOf(readersOf(hands, at))?.has.push(at);
  while (evenOutByOne(hands));
  return new Map(hands.map(({ memberId, has }) => [memberId, has]));
}

/** Of two who claim the same, one heard of a former dealing only: either will do. */
function ownersOf(sharers: readonly Sharer[], hands: readonly Hand[]): ReadonlyMap<string, Hand> {
  const owned = new Map(sharers.map((sharer) => [sharer.memberId, sharer.owned]));
  const owners = new Map<string, Hand>();
  for (const hand of hands)
    for (const at of owned.get(hand.memberId) ?? [])
      if (hand.topics.has(at.topic)) owners.set(partitionKey(at), hand);
  return owners;
}

/** From the fullest hand that has one too many to the emptiest of a reader of it. False: shares are even. */
function evenOutByOne(hands: readonly Hand[]): boolean {
  for (const from of hands.toSorted((one, other) => other.has.length - one.has.length)) {
    for (const [index, at] of from.has.entries()) {
      const to = leastOf(readersOf(hands, at));
      if (to === undefined || to.has.length + 2 > from.has.length) continue;
      from.has.splice(index, 1);
      to.has.push(at);
      return true;
    }
  }
  return false;
}

const readersOf = (hands: readonly Hand[], { topic }: TopicPartition): readonly Hand[] =>
  hands.filter(({ topics }) => topics.has(topic));

const leastOf = (hands: readonly Hand[]): Hand | undefined =>
  hands.reduce<Hand | undefined>(
    (least, hand) => (least === undefined || hand.has.length < least.has.length ? hand : least),
    undefined,
  );

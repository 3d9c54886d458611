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
 * partitions and nobody else's. The same whatever the members' order.
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
  for (const at of left) leastOf(readersOf(hands, at.topic), at.topic)?.has.push(at);
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
    const move = bestMove(hands, from);
    if (move === null) continue;
    const [index, to] = move;
    to.has.push(...from.has.splice(index, 1));
    return true;
  }
  return false;
}

/** Of the topic of which this hand has most above the other: whoever comes last has a share of each topic, not all of a busy one. */
function bestMove(hands: readonly Hand[], from: Hand): readonly [index: number, to: Hand] | null {
  let best: readonly [number, Hand] | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const [index, { topic }] of from.has.entries()) {
    const to = leastOf(readersOf(hands, topic), topic);
    if (to === undefined || to.has.length + 2 > from.has.length) continue;
    const above = countOf(from, topic) - countOf(to, topic);
    if (above > most) [best, most] = [[index, to], above];
  }
  return best;
}

const countOf = ({ has }: Hand, topic: string): number => has.filter((at) => at.topic === topic).length;

const readersOf = (hands: readonly Hand[], topic: string): readonly Hand[] =>
  hands.filter(({ topics }) => topics.has(topic));

/** Of equals the one that has least of the topic. */
const leastOf = (hands: readonly Hand[], topic: string): Hand | undefined =>
  hands.reduce<Hand | undefined>(
    (least, hand) => (least === undefined || isLess(hand, least, topic) ? hand : least),
    undefined,
  );

function isLess(hand: Hand, other: Hand, topic: string): boolean {
  if (hand.has.length !== other.has.length) return hand.has.length < other.has.length;
  return countOf(hand, topic) < countOf(other, topic);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dealPartitions, type Sharer } from './deal-partitions.js';
import { partitionKey, type TopicPartition } from './records.js';

const topic = 't';
const partitions = (count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }));
const sharer = (memberId: string, owned: readonly TopicPartition[] = [], topics = [topic]): Sharer => ({
  memberId,
  topics,
  owned,
});
const sharersOf = (dealt: ReadonlyMap<string, readonly TopicPartition[]>): Sharer[] =>
  [...dealt].map(([memberId, owned]) => sharer(memberId, owned));

describe('dealing partitions', () => {
  it('moves nothing but what the one who leaves had', () => {
    const dealt = dealPartitions([sharer('a'), sharer('b'), sharer('c')], partitions(8));
    const staying = sharersOf(dealt).filter(({ memberId }) => memberId !== 'b');
    const after = dealPartitions(staying, partitions(8));
    for (const { memberId, owned } of staying)
      expect(after.get(memberId)).toEqual(expect.arrayContaining([...owned]));
  });

  it('moves to one who comes as much as makes shares even', () => {
    const dealt = dealPartitions([sharer('b'), sharer('c')], partitions(8));
    const after = dealPartitions([...sharersOf(dealt), sharer('a')], partitions(8));
    const moved = (after.get('a') ?? []).length;
    expect(moved).toBe(2);
    for (const { memberId, owned } of sharersOf(dealt))
      expect(owned).toEqual(expect.arrayContaining([...(after.get(memberId) ?? [])]));
  });

  it('gives one who comes a share of each topic, whoever came and went before', () => {
    const topics = [...'abcdefgh'];
    const all = topics.flatMap((name) => partitions(8).map(({ partition }) => ({ topic: name, partition })));
    const deal = (members: ReadonlyMap<string, readonly TopicPartition[]>) =>
      dealPartitions(
        [...members].map(([memberId, owned]) => sharer(memberId, owned, topics)),
        all,
      );
    let dealt = deal(new Map([...'12'].map((name) => [name, []])));
    for (const [comes, goes] of ['3 ', ' 1', '4 ', '5 ', ' 2', ' 3']) {
      const staying = [...dealt].filter(([name]) => name !== goes);
      dealt = deal(new Map([...staying, ...(comes === ' ' ? [] : [[comes ?? '', []] as const])]));
      for (const name of topics) {
        const shares = [...dealt.values()].map((has) => has.filter((at) => at.topic === name).length);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('gives a topic to those who read it', () => {
    const other: TopicPartition = { topic: 'u', partition: 0 };
    const dealt = dealPartitions(
      [sharer('a'), sharer('b', [other], [topic, 'u'])],
      [...partitions(2), other],
    );
    expect(dealt.get('b')).toContain(other);
    expect(dealt.get('a')).toEqual([{ topic, partition: 0 }]);
    expect(dealt.get('b')).toEqual(expect.arrayContaining([{ topic, partition: 1 }]));
  });

  it('deals each partition once and evenly, whatever anybody claims, and the same in any order', () => {
    const claims = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 });
    const asked = fc.record({
      count: fc.integer({ min: 0, max: 16 }),
      claims: fc.array(claims, { minLength: 1, maxLength: 6 }),
    });
    fc.assert(
      fc.property(asked, ({ count, claims: claimed }) => {
        const sharers = claimed.map((numbers, n) =>
          sharer(
            `m${n}`,
            numbers.map((partition) => ({ topic, partition })),
          ),
        );
        const dealt = dealPartitions(sharers, partitions(count));
        expect([...dealt.values()].flat().map(partitionKey).toSorted()).toEqual(
          partitions(count).map(partitionKey).toSorted(),
        );
        const sizes = [...dealt.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(dealPartitions(sharers.toReversed(), partitions(count))).toEqual(dealt);
      }),
    );
  });
});

import { expect, it } from 'vitest';
import { type InRecord, partitionKey, type ReadGap, ReadPositions } from './index.js';

const topic = 't';
const at = (partition: number, offset: bigint) => ({ topic, partition, offset }) as InRecord;

/** A topic of two partitions whose ranges are set by hand. */
function open(from: 'earliest' | 'latest') {
  const ranges = [
    { partition: 0, low: 3n, high: 10n },
    { partition: 1, low: 0n, high: 0n },
  ];
  const gaps: ReadGap[] = [];
  const positions = new ReadPositions({ topicOffsets: async () => ranges }, from, (gap) => gaps.push(gap));
  const assigned = [0, 1].map((partition) => ({ topic, partition }));
  const starts = async () => {
    const found = await positions.startFrom(assigned);
    return assigned.map((each) => found.get(partitionKey(each)));
  };
  return { ranges, gaps, positions, starts };
}

it('begins at the end or at the beginning, and goes on where it was', async () => {
  expect(await open('earliest').starts()).toEqual([3n, 0n]);
  const { positions, ranges, starts, gaps } = open('latest');
  expect(await starts()).toEqual([10n, 0n]);
  expect([positions.take(at(0, 10n)), positions.take(at(0, 10n)), positions.take(at(0, 11n))]).toEqual([
    true,
    false,
    true,
  ]);
  for (const range of ranges) range.high = 20n;
  // nothing of the second partition came before the first break: what came since must not be passed over
  expect(await starts()).toEqual([12n, 0n]);
  expect(positions.hasReached(await positions.endsOf([topic]))).toBe(false);
  expect(gaps).toEqual([]);
});

it('tells of records that are gone, and goes on with the oldest', async () => {
  const { ranges, starts, gaps } = open('latest');
  await starts();
  ranges[0] = { partition: 0, low: 15n, high: 20n };
  expect(await starts()).toEqual([15n, 0n]);
  // made anew
  ranges[0] = { partition: 0, low: 0n, high: 2n };
  expect(await starts()).toEqual([0n, 0n]);
  expect(gaps).toEqual([
    { topic, partition: 0, from: 10n, to: 15n },
    { topic, partition: 0, from: 15n, to: 0n },
  ]);
});

it('takes a partition that a topic gets from its beginning, whatever it began with', async () => {
  const { ranges, positions, starts, gaps } = open('latest');
  await starts();
  ranges.push({ partition: 2, low: 0n, high: 5n });
  expect(
    (await positions.startFrom([{ topic, partition: 2 }])).get(partitionKey({ topic, partition: 2 })),
  ).toBe(0n);
  expect(gaps).toEqual([]);
});

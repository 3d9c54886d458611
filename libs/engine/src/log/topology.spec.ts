import { describe, expect, it } from 'vitest';
import { inTopology, type LogTopology, partitionsAt, readableOf } from './topology.js';

/** 2 → 4 → 8; partition 1 held nothing new between the two. */
const topology: LogTopology = {
  number: 3,
  partitions: 8,
  splits: [
    { partition: 2, topology: 2, parent: 0, after: 10n },
    { partition: 3, topology: 2, parent: 1, after: 20n },
    { partition: 4, topology: 3, parent: 0, after: 15n },
    { partition: 5, topology: 3, parent: 1, after: 20n },
    { partition: 6, topology: 3, parent: 2, after: 5n },
    { partition: 7, topology: 3, parent: 3, after: 0n },
  ],
};
const readable = (...positions: bigint[]) => [
  ...readableOf(topology, new Map(positions.map((position, partition) => [partition, position]))).keys(),
];

describe('a topology', () => {
  it('knows how many partitions each earlier one had', () => {
    expect([1, 2, 3].map((number) => partitionsAt(topology, number))).toEqual([2, 4, 8]);
    for (const number of [0, 4, 1.5, Number.NaN])
      expect(() => partitionsAt(topology, number)).toThrow(RangeError);
  });

  it('puts a position of an earlier one at the beginning of what came later', () =>
    expect([...inTopology(topology, new Map([[1, 7n]]))]).toEqual([
      [0, 0n],
      [1, 7n],
      ...[2, 3, 4, 5, 6, 7].map((partition) => [partition, 0n]),
    ]));

  it('lets a partition be read when its parent has been read to where it begins', () => {
    expect(readable(0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n)).toEqual([0, 1]);
    expect(readable(10n, 0n, 0n, 0n, 0n, 0n, 0n, 0n)).toEqual([0, 1, 2]);
    expect(readable(15n, 0n, 5n, 0n, 0n, 0n, 0n, 0n)).toEqual([0, 1, 2, 4, 6]);
    expect(readable(15n, 20n, 5n, 0n, 0n, 0n, 0n, 0n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('holds a partition back for its parent’s parent, though the parent was empty', () =>
    expect(readable(15n, 19n, 5n, 0n, 0n, 0n, 0n, 0n)).not.toContain(7));
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, groupByPartition, hashOfKey, original, UnknownPartition } from './send-path.js';

describe('the send path', () => {
  it('sums as kafkajs sums', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
        expect(checksum(Buffer.from(bytes))).toBe(original.checksum(Buffer.from(bytes)));
      }),
    );
  });

  it('hashes keys as kafkajs hashes them', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(key, (given) => {
        expect(hashOfKey(given)).toBe(original.hashOfKey(given));
      }),
      {
        numRuns: 1_000,
      },
    );
  });

  it('refuses a partition that it has not heard of, which kafkajs would leave out in silence', () => {
    const grouping = {
      topic: 't',
      partitionMetadata: [{}, {}],
      messages: [{ partition: 1 }, { partition: 2 }],
      partitioner: ({ message }: { message: { partition: number } }) => message.partition,
    };
    expect(() => groupByPartition(grouping)).toThrow(UnknownPartition);
  });

  it('groups as kafkajs groups, in order', () => {
    const messages = fc.array(fc.record({ partition: fc.nat(7), value: fc.string() }), { maxLength: 200 });
    fc.assert(
      fc.property(messages, fc.nat(1), (given, partitions) => {
        const grouping = {
          topic: 't',
          partitionMetadata: Array.from({ length: partitions * 8 }, () => ({})),
          messages: given,
          partitioner: ({ message }: { message: { partition: number } }) => message.partition,
        };
        expect(groupByPartition(grouping)).toEqual(original.groupByPartition(grouping));
      }),
    );
  });
});

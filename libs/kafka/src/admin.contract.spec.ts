import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { KafkaAdmin, PartitionCountMismatch } from './admin.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const admin = () => new KafkaAdmin({ brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log });

describe('making topics', () => {
  it('succeeds for each of many who make the same and others at the same moment', async () => {
    for (let round = 0; round < 3; round += 1) {
      const name = `spec-${randomUUID().slice(0, 8)}`;
      const makers = Array.from({ length: 12 }, (_, i) =>
        admin().ensureTopics([
          { topic: `${name}-all`, partitions: 4 },
          { topic: `${name}-${i % 4}`, partitions: 4 },
        ]),
      );
      expect(await Promise.all(makers)).toHaveLength(12);
      expect(await admin().topicOffsets(`${name}-all`)).toHaveLength(4);
    }
  });
  it('refuses a topic that has another number of partitions', async () => {
    const topic = `spec-${randomUUID().slice(0, 8)}`;
    await admin().ensureTopics([{ topic, partitions: 2 }]);
    await expect(admin().ensureTopics([{ topic, partitions: 4 }])).rejects.toThrow(PartitionCountMismatch);
  });
  it('takes a wider topic where it may be wider, and never a narrower one', async () => {
    const topic = `spec-${randomUUID().slice(0, 8)}`;
    await admin().ensureTopics([{ topic, partitions: 4 }]);
    await admin().ensureTopics([{ topic, partitions: 2, mayBeWider: true }]);
    await expect(admin().ensureTopics([{ topic, partitions: 8, mayBeWider: true }])).rejects.toThrow(
      'carillon partitions expand 8',
    );
  });
  it('widens a topic once, and does not narrow it', async () => {
    const topic = `spec-${randomUUID().slice(0, 8)}`;
    await admin().ensureTopics([{ topic, partitions: 2 }]);
    for (const partitions of [4, 4, 2]) await admin().widenTopic(topic, partitions);
    expect(await admin().topicOffsets(topic)).toHaveLength(4);
  });
  it('leaves a topic that is there as it is, where its number of partitions does not matter', async () => {
    const topic = `spec-${randomUUID().slice(0, 8)}`;
    await admin().ensureTopics([{ topic, partitions: 2 }]);
    await admin().ensureTopics([{ topic, partitions: 4, anyCount: true }]);
    expect(await admin().topicOffsets(topic)).toHaveLength(2);
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { KafkaAdmin, PartitionCountMismatch } from './admin.js';
import { kafkaClient } from './client.js';

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

describe('offsets by time', () => {
  it('are those of the first record of that moment or after, and the end where none was written since', async () => {
    const topic = `spec-${randomUUID().slice(0, 8)}`;
    await admin().ensureTopics([{ topic, partitions: 2 }]);
    const producer = kafkaClient({
      brokers: inject('kafkaBrokers').split(','),
      clientId: 'spec',
      log,
    }).producer();
    await producer.connect();
    const messages = [1_000, 2_000, 3_000].map((ms) => ({ value: 'x', partition: 0, timestamp: String(ms) }));
    for (const message of messages) await producer.send({ topic, messages: [message] });
    await producer.disconnect();
    const since = async (ms: number) => [...(await admin().offsetsSince(topic, ms))].toSorted();
    expect(await since(2_000)).toEqual([
      [0, 1n],
      [1, 0n],
    ]);
    expect(await since(3_001)).toEqual([
      [0, 3n],
      [1, 0n],
    ]);
  });
});

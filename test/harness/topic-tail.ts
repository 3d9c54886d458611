import { randomUUID } from 'node:crypto';
import { BatchConsumer, type InRecord, type KafkaSettings, partitionKey } from '#kafka';

/** Everything that a topic holds, from its beginning, as it grows. */
export class TopicTail {
  readonly records: InRecord[] = [];

  private constructor(private readonly consumer: BatchConsumer) {}

  static async open(kafka: KafkaSettings, topic: string): Promise<TopicTail> {
    const records: InRecord[] = [];
    const consumer = new BatchConsumer(kafka, {
      groupId: `spec-${randomUUID()}`,
      topics: [topic],
      startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 0n])),
      onRecords: (_topic, _partition, batch) => {
        records.push(...batch);
      },
    });
    const tail = new TopicTail(consumer);
    Object.assign(tail, { records });
    await consumer.start();
    return tail;
  }

  close(): Promise<void> {
    return this.consumer.stop();
  }
}

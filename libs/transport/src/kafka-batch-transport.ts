import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { BatchConsumer, type BatchConsumerOptions, type InRecord, type KafkaSettings } from '#kafka';

export interface KafkaBatchTransportOptions extends Omit<BatchConsumerOptions, 'topics' | 'onRecords'> {
  /** Which topic stands behind the pattern of an `@EventPattern`. */
  readonly topics: Readonly<Record<string, string>>;
}

/** What a handler gets: records of one partition, in order. Its promise is awaited: it is how a handler slows the reading. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly InRecord[];
  /** False: the partition is read from elsewhere since, and these records are to be dropped. */
  readonly isCurrent: () => boolean;
}

/**
 * Kafka for Nest in batches. Nest's own Kafka server hands on one message at a time over all topics and decides itself
 * what is acknowledged; here a handler gets whole batches, and offsets are the application's.
 */
export class KafkaBatchTransport extends Server implements CustomTransportStrategy {
  readonly consumer: BatchConsumer;

  constructor(settings: KafkaSettings, options: KafkaBatchTransportOptions) {
    super();
    const patternOf = new Map(Object.entries(options.topics).map(([pattern, topic]) => [topic, pattern]));
    this.consumer = new BatchConsumer(settings, {
      ...options,
      topics: [...patternOf.keys()],
      onRecords: async (topic, partition, records, isCurrent) => {
        const handler = this.getHandlerByPattern(patternOf.get(topic) ?? topic);
        if (handler === null)
          throw new Error(`no handler for ${topic}: add @EventPattern('${patternOf.get(topic)}')`);
        await handler({ topic, partition, records, isCurrent } satisfies RecordBatch);
      },
    });
  }

  listen(callback: (error?: unknown) => void): void {
    this.consumer.start().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  async close(): Promise<void> {
    await this.consumer.stop();
  }

  on(): never {
    throw new Error('this transport has no events of its own; listen to the application');
  }

  unwrap<T>(): T {
    return this.consumer as T;
  }
}

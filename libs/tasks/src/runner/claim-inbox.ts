import { randomUUID } from 'node:crypto';
import { parseReply, type Reply, topicsOf } from '#contract';
import {
  BatchConsumer,
  correlationOf,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  partitionKey,
} from '#kafka';
import { claimKeyOf, partitionOfRunner } from '../wire.js';

/** The answers to claims that name one runner, whoever sent them. */
export class ClaimInbox {
  readonly #consumer: BatchConsumer;
  readonly #topic: string;
  #own = 0;
  #onPositioned: () => void = () => undefined;

  constructor(
    private readonly kafka: KafkaSettings,
    topicPrefix: string | undefined,
    private readonly runner: string,
    private readonly onClaim: (key: string, reply: Reply) => void,
  ) {
    this.#topic = topicsOf(topicPrefix).replies;
    this.#consumer = new BatchConsumer(kafka, {
      // a group of its own: nobody else reads for this runner
      groupId: `carillon-task-runner-${runner}-${randomUUID()}`,
      topics: [this.#topic],
      startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
      onAssigned: (partitions) => this.#listen(partitions.map(({ partition }) => partition)),
      onRecords: (_topic, _partition, records) => this.#deliver(records),
    });
  }

  /** Resolves when claims that are answered from now on will be read. */
  async start(): Promise<void> {
    const partitions = await new KafkaAdmin(this.kafka).topicOffsets(this.#topic);
    this.#own = partitionOfRunner(this.runner, partitions.length);
    const positioned = new Promise<void>((resolve) => {
      this.#onPositioned = resolve;
    });
    await this.#consumer.start();
    await positioned;
  }

  async stop(): Promise<void> {
    this.#onPositioned();
    await this.#consumer.stop();
  }

  #listen(partitions: readonly number[]): void {
    this.#consumer.pause(
      this.#topic,
      partitions.filter((partition) => partition !== this.#own),
    );
    this.#consumer.resume(this.#topic, [this.#own]);
    if (partitions.includes(this.#own)) this.#onPositioned();
  }

  #deliver(records: readonly InRecord[]): void {
    for (const record of records) {
      const key = claimKeyOf(correlationOf(record), this.runner);
      if (key === null) continue;
      try {
        this.onClaim(key, parseReply(record.value?.toString('utf8') ?? 'null'));
      } catch (error) {
        this.kafka.log.warn({ key, error: String(error) }, 'an answer to a claim makes no sense');
      }
    }
  }
}

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
  readonly #positioned = Promise.withResolvers<void>();
  #own = 0;
  #isListening = false;

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

  /** Claims that are answered from now on will be read. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Resolves when it listens, or is stopped. */
  async start(): Promise<void> {
    const partitions = await new KafkaAdmin(this.kafka).topicOffsets(this.#topic);
    this.#own = partitionOfRunner(this.runner, partitions.length);
    await this.#consumer.start();
    await this.#positioned.promise;
  }

  /** Final; safe before `start` and during it. */
  async stop(): Promise<void> {
    this.#positioned.resolve();
    await this.#consumer.stop();
  }

  #listen(partitions: readonly number[]): void {
    this.#consumer.pause(
      this.#topic,
      partitions.filter((partition) => partition !== this.#own),
    );
    this.#consumer.resume(this.#topic, [this.#own]);
    if (!partitions.includes(this.#own)) return;
    this.#isListening = true;
    this.#positioned.resolve();
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

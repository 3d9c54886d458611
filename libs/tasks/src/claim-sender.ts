import { randomUUID } from 'node:crypto';
import { type CommandWire, commandRecord, topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin, type KafkaSettings, type OutRecord, replyHeaders } from '#kafka';
import type { Claim, ClaimPost } from './ports.js';
import { claimCorrelation, claimKey, partitionOfRunner } from './wire.js';

/** Sends claims whose answers go straight to the runners that they name. */
export class ClaimSender implements ClaimPost {
  readonly #producer: BatchProducer;
  readonly #topics: ReturnType<typeof topicsOf>;
  #partitions: Promise<number> | null = null;

  constructor(
    private readonly kafka: KafkaSettings,
    topicPrefix?: string,
  ) {
    this.#producer = new BatchProducer(kafka);
    this.#topics = topicsOf(topicPrefix);
  }

  async start(): Promise<void> {
    await this.#producer.start();
    await this.#replyPartitions();
  }

  stop(): Promise<void> {
    return this.#producer.stop();
  }

  /** Resolves when Kafka has it. */
  async post(claim: Claim): Promise<void> {
    await this.#producer.send([this.#record(claim, await this.#replyPartitions())]);
  }

  #record(claim: Claim, partitions: number): OutRecord {
    const { runner, namespace, key, eventId, attempt, takeOver } = claim;
    const command: CommandWire = {
      type: 'ClaimEvent',
      id: randomUUID(),
      namespace,
      key,
      eventId,
      attempt,
      worker: runner,
      ...(takeOver === true && { takeOver }),
    };
    const correlation = claimCorrelation(runner, claimKey(eventId, attempt));
    const headers = replyHeaders(this.#topics.replies, partitionOfRunner(runner, partitions), correlation);
    return { topic: this.#topics.commands, ...commandRecord(command), headers };
  }

  #replyPartitions(): Promise<number> {
    this.#partitions ??= new KafkaAdmin(this.kafka)
      .topicOffsets(this.#topics.replies)
      .then((ranges) => ranges.length)
      .catch((error: unknown) => {
        this.#partitions = null;
        throw error;
      });
    return this.#partitions;
  }
}

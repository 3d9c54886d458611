import { randomUUID } from 'node:crypto';
import { parseReply, type Reply } from '#contract';
import { BatchConsumer, correlationOf, type InRecord, type KafkaSettings, partitionKey } from '#kafka';
import { ClientNotConnectedError } from './errors.js';

export interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** The answers to one client's own commands: one partition of the replies topic, read from its end. */
export class ReplyInbox {
  readonly #consumer: BatchConsumer;
  readonly #waiting = new Map<string, Waiting>();
  #partition: number | null = null;
  #opened: Promise<void> | null = null;
  #isClosed = false;
  #onPositioned: () => void = () => undefined;

  constructor(
    kafka: KafkaSettings,
    private readonly topic: string,
  ) {
    this.#consumer = new BatchConsumer(kafka, {
      // a group of its own: every client reads the answers to its own commands
      groupId: `carillon-client-${randomUUID()}`,
      topics: [topic],
      startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
      onAssigned: (partitions) => this.#choose(partitions.map(({ partition }) => partition)),
      onRecords: (_topic, _partition, records) => this.#deliver(records),
    });
  }

  /** Resolves when what is answered from now on will be read. Safe to call twice. @throws ClientNotConnectedError */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClientNotConnectedError('the client was closed'));
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<void> {
    const positioned = new Promise<void>((resolve) => {
      this.#onPositioned = resolve;
    });
    await this.#consumer.start();
    await positioned;
    if (this.#isClosed) throw new ClientNotConnectedError('the client was closed');
  }

  /** Whoever still waits is told. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onPositioned();
    const error = new ClientNotConnectedError(
      'the client was closed before an answer came; the command may have been applied',
    );
    for (const { reject } of [...this.#waiting.values()]) reject(error);
    await this.#consumer.stop();
  }

  /** Where answers shall go. @throws ClientNotConnectedError */
  get partition(): number {
    if (this.#isClosed) throw new ClientNotConnectedError('the client was closed');
    if (this.#partition === null)
      throw new ClientNotConnectedError('the client is not connected: await connect() first');
    return this.#partition;
  }

  expect(correlationId: string, waiting: Waiting): void {
    this.#waiting.set(correlationId, waiting);
  }

  forget(correlationId: string): void {
    this.#waiting.delete(correlationId);
  }

  /** Chosen once: commands that are under way name it. */
  #choose(partitions: readonly number[]): void {
    const own =
      this.#partition !== null && partitions.includes(this.#partition)
        ? this.#partition
        : partitions[Math.floor(Math.random() * partitions.length)];
    if (own === undefined) return;
    this.#partition = own;
    this.#consumer.pause(
      this.topic,
      partitions.filter((partition) => partition !== own),
    );
    // kafkajs keeps pauses through a rebalance, and another partition may have been ours before
    this.#consumer.resume(this.topic, [own]);
    this.#onPositioned();
  }

  #deliver(records: readonly InRecord[]): void {
    for (const record of records) {
      const waiting = this.#waiting.get(correlationOf(record) ?? '');
      if (waiting === undefined) continue;
      try {
        waiting.resolve(parseReply(record.value?.toString('utf8') ?? 'null'));
      } catch (error) {
        // one answer that makes no sense is its caller's, not everybody's
        waiting.reject(error);
      }
    }
  }
}

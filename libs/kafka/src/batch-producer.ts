import type { Producer, TopicMessages } from 'kafkajs';
import { kafkaClient } from './client.js';
import type { OutRecord } from './records.js';
import { UnknownPartition } from './send-path.js';
import { type SendLimits, SendQueue, type Waiting } from './send-queue.js';
import type { KafkaSettings } from './settings.js';
import { sleep } from './sleep.js';
import { isOfTopic, TopicRefused } from './topic-refused.js';

export interface ProducerLimits extends SendLimits {
  /**
   * Sends start at least this far apart, ms, unless one is full: under a steady load few larger requests cost broker and
   * clients less than many small ones. The first record after a pause goes at once.
   */
  readonly sendEveryMs: number;
}
const defaultLimits: ProducerLimits = Object.freeze({
  recordsPerSendMax: 2_000,
  bytesPerSendMax: 768 * 1024,
  waitingBytesMax: 64 * 1024 * 1024,
  sendEveryMs: 0,
});

/** Of a partition that is not known it is looked at most so often whether its topic was widened. */
const widthsLearntEveryMs = 3_000;

/**
 * Sends with acks from all replicas and without duplicates of the client's own making. One send is in flight; what
 * arrives meanwhile goes together into the next: the broker pays per request, not per record.
 */
export class BatchProducer {
  #producer: Producer | null = null;
  #connecting: Promise<Producer> | null = null;
  readonly #queue: SendQueue;
  #sending: Promise<void> | null = null;
  #stopped = false;
  readonly #limits: ProducerLimits;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;
  #widthsLearntAtMs = Number.NEGATIVE_INFINITY;
  #resting = new AbortController();

  constructor(
    private readonly settings: KafkaSettings,
    limits: Partial<ProducerLimits> = {},
  ) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#queue = new SendQueue(this.#limits);
  }

  /** Stopped before or meanwhile, it resolves without a connection. */
  async start(): Promise<void> {
    if (!this.#stopped) await this.#connected();
  }

  /** Of records that wait to be sent; those of the request under way are not among them. */
  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /**
   * Resolves when Kafka has acknowledged every record; rejects if one of this call's records was not.
   * @param signal ends the call with its reason while records of it wait, which are not sent then; what is on its way goes on
   * @throws TopicRefused where only the records' topic is at fault; SendQueueFull
   */
  send(records: readonly OutRecord[], signal?: AbortSignal): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#stopped) return Promise.reject(new Error('the producer is stopped: make another one'));
    const sent = this.#queue.add(records, signal);
    if (this.#queue.fillsSend) this.#resting.abort();
    this.#begin();
    return sent;
  }

  /** Once more when a sending has ended: what came in the moment between its last look and its end waits otherwise for ever. */
  #begin(): void {
    if (this.#sending !== null || this.#queue.records === 0) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = null;
      this.#begin();
    });
  }

  /** Waits for what was handed over, then disconnects; safe while it starts. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#resting.abort();
    while (this.#sending !== null) await this.#sending;
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }

  async #sendAll(): Promise<void> {
    // what the same turn of the event loop hands over goes together
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#queue.records > 0) {
      await this.#rest();
      this.#lastSentAtMs = performance.now();
      try {
        // before anything is taken: what is given up while Kafka is away is not sent once it is back
        await this.#connected();
      } catch (error) {
        for (const { call } of this.#queue.take()) call.reject(error);
        continue;
      }
      const batch = this.#queue.take();
      if (batch.length > 0) await this.#sendBatch(batch);
    }
  }

  async #sendBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const producer = await this.#connected();
      await producer.sendBatch({ topicMessages: byTopic(batch.map(({ record }) => record)), acks: -1 });
      for (const { call } of batch) {
        call.unacknowledged -= 1;
        if (call.unacknowledged === 0) call.resolve();
      }
    } catch (error) {
      if (error instanceof UnknownPartition) return this.#refuse(batch, error);
      // its sequence numbers may be out of step with the broker's: the next send begins a new session
      await this.#drop();
      await this.#failed(batch, error);
    }
  }

  /** Nothing has left yet: addresses that do not exist, and they may come from outside, take no other's records with them. */
  async #refuse(batch: readonly Waiting[], { topic, known }: UnknownPartition): Promise<void> {
    const others: Waiting[] = [];
    for (const waiting of batch) {
      const { record, call } = waiting;
      if (record.topic !== topic || record.partition === undefined || record.partition < known)
        others.push(waiting);
      else call.reject(new UnknownPartition(topic, record.partition, known));
    }
    await this.#learnWidths();
    if (others.length > 0) await this.#sendBatch(others);
  }

  /** A topic that was widened is known to the producer that connects next; nobody can make that happen all the time. */
  async #learnWidths(): Promise<void> {
    const now = performance.now();
    if (now - this.#widthsLearntAtMs < widthsLearntEveryMs) return;
    this.#widthsLearntAtMs = now;
    await this.#drop();
  }

  /** Names of topics may come from outside (where a reply goes): one that cannot be written takes no other's records with it. */
  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const [topic = '', ...others] = new Set(batch.map(({ record }) => record.topic));
    if (!isOfTopic(error) || others.length === 0) {
      const reason = isOfTopic(error) ? new TopicRefused(topic, error) : error;
      for (const { call } of batch) call.reject(reason);
      return;
    }
    for (const one of [topic, ...others])
      await this.#sendBatch(batch.filter(({ record }) => record.topic === one));
  }

  async #rest(): Promise<void> {
    const restMs = this.#lastSentAtMs + this.#limits.sendEveryMs - performance.now();
    if (restMs < 1 || this.#queue.fillsSend || this.#stopped) return;
    this.#resting = new AbortController();
    await sleep(restMs, this.#resting.signal);
  }

  #connected(): Promise<Producer> {
    if (this.#producer !== null) return Promise.resolve(this.#producer);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Producer> {
    const producer = kafkaClient(this.settings).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 4 },
    });
    await producer.connect();
    this.#producer = producer;
    // stopped while it started: nobody else would end what has come up since
    if (this.#stopped && this.#sending === null) await this.#disconnect();
    return producer;
  }

  async #drop(): Promise<void> {
    await this.#disconnect().catch((error: unknown) =>
      this.settings.log.debug({ error: String(error) }, 'disconnecting a failed producer'),
    );
  }
}

function byTopic(records: readonly OutRecord[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages['messages']>();
  for (const { topic, partition, key, value, headers } of records) {
    const messages = topics.get(topic);
    const message = {
      key,
      value,
      ...(partition !== undefined && { partition }),
      ...(headers !== undefined && { headers: headers as Record<string, string | Buffer> }),
    };
    if (messages === undefined) topics.set(topic, [message]);
    else messages.push(message);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

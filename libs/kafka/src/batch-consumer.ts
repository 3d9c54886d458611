import { type Consumer, type EachBatchPayload, PartitionAssigners } from 'kafkajs';
import type { BatchConsumerOptions } from './batch-consumer-options.js';
import { kafkaClient } from './client.js';
import { inRecord, partitionKey, type TopicPartition } from './records.js';
import type { KafkaSettings } from './settings.js';
import { settlesWithin } from './settles-within.js';
import { ShareStarts } from './share-starts.js';
import { sleep } from './sleep.js';
import { isOutside, type KnownStart, OffsetOutOfRange, type OffsetRange } from './start-offset.js';
import { partitionsOf, StickyAssigner } from './sticky-assigner.js';

/**
 * Short: safety never rests on membership, and after an outage a member that was made anew waits for its own ghost to
 * time out.
 */
const defaultSessionTimeoutMs = 6_000;

/** A member learns by its heartbeat that shares are dealt out anew, and nobody is served until all have heard of it. */
const heartbeatEveryMs = 100;
/** kafkajs's own, between fetches and batches: they keep the membership. */
const heartbeatsPerSession = 20;
/** What a fetch waits that finds nothing. The first one after a dealing may wait behind it. */
const fetchWaitMs = 100;
/** Of a reader in no hurry. */
const gatherWaitMs = 250;

/** A join that is under way ends first, unless the broker is away. */
const leavingMaxMs = 2_000;

/** Partitions that a topic gets while it is read are found within this. */
const metadataMaxAgeMs = 3_000;

/**
 * A consumer group member that hands on batches. Offsets are the caller's: it says where each partition starts after
 * every rebalance, and nothing is committed by itself. It comes back by itself after a crash, a stall or an outage.
 */
export class BatchConsumer {
  #consumer: Consumer | null = null;
  #assigner: StickyAssigner | null = null;
  #generation = 0;
  #assigned: readonly TopicPartition[] = [];
  #ready = new Set<string>();
  readonly #held = new Set<string>();
  readonly #starts: ShareStarts;
  /** How often each partition was sought; never falls. */
  readonly #seeks = new Map<string, number>();
  #lastProgressMs = 0;
  #restarts = 0;
  #running: Promise<void> | null = null;
  /** Ends the present life of the kafkajs consumer. */
  #fail: (error: unknown) => void = () => undefined;
  readonly #stop = new AbortController();

  constructor(
    private readonly settings: KafkaSettings,
    private readonly options: BatchConsumerOptions,
  ) {
    this.#starts = new ShareStarts(options.startFrom, () => this.#assigner?.membership);
  }

  /** Resolves when the group was joined for the first time. */
  start(): Promise<void> {
    if (this.#running !== null || this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((joined) => {
      this.#running = this.#supervise(joined);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** How often it was made anew after a crash, a stall or an outage. */
  get restarts(): number {
    return this.#restarts;
  }

  assignment(): readonly TopicPartition[] {
    return this.#assigned;
  }

  /** How many partitions a topic of `startFrom` had at the last assignment. */
  widthOf(topic: string): number {
    return this.#starts.widthOf(topic);
  }

  /** Reads on from here; for the loser of an offset fence. */
  seek(topic: string, partition: number, offset: bigint): void {
    const key = partitionKey({ topic, partition });
    this.#seeks.set(key, (this.#seeks.get(key) ?? 0) + 1);
    this.#consumer?.seek({ topic, partition, offset: offset.toString() });
  }

  /** Asks `startFrom` again, as after an assignment. */
  reposition(): void {
    if (this.#consumer !== null) this.#begin(this.#assigned);
  }

  pause(topic: string, partitions: readonly number[]): void {
    this.#consumer?.pause([{ topic, partitions: [...partitions] }]);
  }

  resume(topic: string, partitions: readonly number[]): void {
    this.#consumer?.resume([{ topic, partitions: [...partitions] }]);
  }

  /** Commits the next offset of each partition to Kafka: for lag tools, or for a consumer that keeps its offsets there. */
  async commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    const mine = next.filter((at) => this.#ready.has(partitionKey(at)));
    if (mine.length === 0) return;
    await this.#consumer?.commitOffsets(
      mine.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset.toString() })),
    );
  }

  async #supervise(joined: () => void): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; failures += 1) {
      try {
        await this.#live(() => {
          failures = 0;
          joined();
        });
      } catch (error) {
        this.settings.log.warn(
          { groupId: this.options.groupId, error: messageOf(error) },
          'consumer will be made anew',
        );
        this.#restarts += 1;
      }
      if (!this.#stop.signal.aborted)
        await sleep(Math.min(2_000, 200 * 2 ** Math.min(failures, 6)), this.#stop.signal);
    }
    joined();
  }

  /** One life of a kafkajs consumer: until it is stopped, crashes for good, or stalls. */
  async #live(joined: () => void): Promise<void> {
    const {
      groupId,
      topics,
      sessionTimeoutMs = defaultSessionTimeoutMs,
      bytesPerPartitionMax = 1024 * 1024,
      gatherBytes = 1,
    } = this.options;
    const assigner = new StickyAssigner(this.settings.log);
    const consumer = kafkaClient(this.settings).consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      // with members of a former release among them, all deal as these do
      partitionAssigners: [assigner.of, PartitionAssigners.roundRobin],
      heartbeatInterval: Math.floor(sessionTimeoutMs / heartbeatsPerSession),
      rebalanceTimeout: sessionTimeoutMs * 2,
      maxWaitTimeInMs: gatherBytes === 1 ? fetchWaitMs : gatherWaitMs,
      minBytes: gatherBytes,
      maxBytesPerPartition: bytesPerPartitionMax,
      maxBytes: bytesPerPartitionMax * 8,
      allowAutoTopicCreation: false,
      metadataMaxAge: metadataMaxAgeMs,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8, restartOnFailure: async () => false },
    });
    if (this.options.startFrom !== undefined) assigner.onOutOfRange = (at) => this.#askAgainAt(at);
    const { ended, unwatch } = this.#watch(consumer, assigner, joined);
    const beating = setInterval(() => void assigner.membership?.beat(), heartbeatEveryMs);
    this.#assigner = assigner;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      this.#consumer = consumer;
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 256,
        eachBatch: (payload) => this.#eachBatch(payload),
      });
      await ended;
    } finally {
      unwatch();
      clearInterval(beating);
      this.#consumer = null;
      this.#generation += 1;
      this.#ready.clear();
      this.options.onRebalancing?.();
      if (this.#stop.signal.aborted)
        await this.#patiently(leavingMaxMs, 'leaving a group', async () =>
          assigner.membership?.leaveAtOnce(),
        );
      // a broker that does not answer is not waited for: it forgets a silent member within the same time
      await this.#patiently(sessionTimeoutMs, 'disconnecting a consumer', () => consumer.disconnect());
    }
  }

  async #patiently(waitMaxMs: number, what: string, farewell: () => Promise<void>): Promise<void> {
    const said = farewell().catch((error: unknown) =>
      this.settings.log.debug({ error: messageOf(error) }, what),
    );
    await settlesWithin(waitMaxMs, said);
  }

  /** `ended` settles when this life must end. */
  #watch(consumer: Consumer, assigner: StickyAssigner, joined: () => void) {
    this.#progress();
    consumer.on(consumer.events.FETCH, () => this.#progress());
    consumer.on(consumer.events.HEARTBEAT, () => this.#progress());
    consumer.on(consumer.events.REBALANCING, () => this.options.onRebalancing?.());
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#progress();
      assigner.owned = partitionsOf(payload.memberAssignment);
      this.settings.log.debug(
        { groupId: this.options.groupId, joinMs: payload.duration },
        'a share was dealt',
      );
      this.#begin(assigner.owned);
      joined();
    });
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    this.#fail = reject;
    const finish = (): void => resolve();
    const { stallMs = 120_000 } = this.options;
    const watchdog = setInterval(() => {
      if (Date.now() - this.#lastProgressMs > stallMs)
        reject(new Error(`no fetch and no heartbeat for ${stallMs} ms`));
    }, 1_000);
    const unwatch = (): void => {
      clearInterval(watchdog);
      this.#stop.signal.removeEventListener('abort', finish);
    };
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    this.#stop.signal.addEventListener('abort', finish, { once: true });
    if (this.#stop.signal.aborted) finish();
    // it may reject before anybody waits for it, while the consumer still connects
    ended.catch(() => undefined);
    return { ended, unwatch };
  }

  #progress(): void {
    this.#lastProgressMs = Date.now();
  }

  /** Unless that is being asked: what it finds out of range is told then. */
  #askAgainAt(at: TopicPartition): void {
    if (!this.#ready.has(partitionKey(at))) return;
    const { topic, partition } = at;
    this.settings.log.warn(
      { groupId: this.options.groupId, topic, partition },
      'what was to be read next is not there any more; asking where to begin',
    );
    this.#begin(this.#assigned);
  }

  #begin(assigned: readonly TopicPartition[]): void {
    this.#generation += 1;
    this.#ready.clear();
    this.#assigned = assigned;
    const generation = this.#generation;
    const positioned = this.#position(generation).catch((error: unknown) => {
      this.settings.log.warn(
        { groupId: this.options.groupId, error: messageOf(error) },
        'where to start is not known; asking again',
      );
    });
    if (this.#assigner !== null) this.#assigner.positioned = positioned;
  }

  /** Seeks, again and again until it is known where to, or another assignment came. */
  async #position(generation: number): Promise<void> {
    const { groupId, onAssigned } = this.options;
    const dealtAt = performance.now();
    for (let failures = 0; generation === this.#generation && !this.#stop.signal.aborted; failures += 1) {
      try {
        const { starts, ranges } = await this.#starts.ask(this.#assigned);
        if (generation !== this.#generation) return;
        for (const at of this.#assigned) this.#startAt(at, starts, ranges);
        await onAssigned?.(this.#assigned, starts);
        const positionMs = Math.round(performance.now() - dealtAt);
        this.settings.log.debug({ groupId, positionMs }, 'the share begins');
        return;
      } catch (error) {
        this.settings.log.warn({ groupId, error: messageOf(error) }, 'where to start is not known yet');
        await sleep(Math.min(2_000, 100 * 2 ** failures), this.#stop.signal);
      }
    }
  }

  #startAt(
    at: TopicPartition,
    starts: ReadonlyMap<string, KnownStart>,
    ranges: ReadonlyMap<string, OffsetRange>,
  ): void {
    const key = partitionKey(at);
    const start = starts.get(key);
    const range = ranges.get(key);
    if (start === 'held') {
      this.#held.add(key);
      this.pause(at.topic, [at.partition]);
      return;
    }
    // kafkajs keeps a pause through assignments
    if (this.#held.delete(key)) this.resume(at.topic, [at.partition]);
    if (start !== undefined && range !== undefined) {
      if (isOutside(start, range)) {
        const error = new OffsetOutOfRange(at, start, range.low, range.high);
        this.settings.log.error({ code: error.code }, error.message);
        this.#held.add(key);
        this.pause(at.topic, [at.partition]);
        this.options.onOutOfRange?.(error);
        return;
      }
      this.seek(at.topic, at.partition, start);
    }
    this.#ready.add(key);
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const generation = this.#generation;
    const { topic, partition } = batch;
    await whileBeating(this.#assigner?.positioned ?? Promise.resolve(), heartbeat);
    const isOurs = generation === this.#generation && this.#ready.has(partitionKey({ topic, partition }));
    if (!isOurs || !isRunning() || isStale() || batch.messages.length === 0) return;
    const records = batch.messages.map((message) => inRecord(topic, partition, message));
    const key = partitionKey({ topic, partition });
    const seeks = this.#seeks.get(key);
    const isCurrent = (): boolean => generation === this.#generation && seeks === this.#seeks.get(key);
    const handled = this.options.onRecords(topic, partition, records, isCurrent);
    if (handled !== undefined)
      await whileBeating(this.#takenOrPaused({ topic, partition }, handled), heartbeat);
    const last = batch.messages.at(-1);
    if (last !== undefined && !isStale()) resolveOffset(last.offset);
    await heartbeat();
  }

  /**
   * Resolves when the records are taken, or when their partition is paused until they are. What is refused later than that has been passed
   * over: it ends this life of the consumer as what is refused at once does, and the next begins before it.
   */
  async #takenOrPaused(at: TopicPartition, taken: Promise<void>): Promise<void> {
    const { pausedAfterMs } = this.options;
    if (pausedAfterMs === undefined) return taken;
    const [consumer, fail] = [this.#consumer, this.#fail];
    if (await settlesWithin(pausedAfterMs, taken)) return;
    // of a life that is over meanwhile: the next one has a pause of its own, and reads these again
    if (consumer === null || consumer !== this.#consumer) return;
    const { topic, partition } = at;
    this.pause(topic, [partition]);
    const goOn = (): void => {
      if (consumer === this.#consumer && !this.#held.has(partitionKey(at))) this.resume(topic, [partition]);
    };
    // one that ends in this moment has no pause to end
    void taken.then(goOn, fail).catch(() => undefined);
  }
}

/** kafkajs sends heartbeats only between batches; a wait of ours must not cost the membership. */
async function whileBeating(work: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  while (!(await settlesWithin(heartbeatEveryMs, work))) await heartbeat();
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

import { randomUUID } from 'node:crypto';
import type { DataCipher } from '#contract';
import { BatchConsumer, KafkaAdmin, type KafkaSettings, partitionKey, sleep } from '#kafka';
import { ClaimSender } from '../claim-sender.js';
import { type FrameworkSwitch, taskFramework } from '../framework-switch.js';
import { parseReport, runnersTopicConfig, runnersTopicOf } from '../wire.js';
import { Allocation } from './allocation.js';
import { DueOffers } from './due-offers.js';

/** Held by one allocator at a time; a `Mutex` of libs/cluster is one. */
export interface AllocatorLock {
  /** Waits until it is this one's turn. @throws the signal's reason */
  lock(options: { readonly signal: AbortSignal }): Promise<HeldLock>;
}
export interface HeldLock {
  /** Fires when the lock is lost. */
  readonly signal: AbortSignal;
  unlock(): Promise<unknown>;
}

/** For a service of which there is one process. Two that both think so do no harm, but know nothing of each other's work. */
export const alone: AllocatorLock = {
  lock: async () => ({ signal: new AbortController().signal, unlock: async () => undefined }),
};

export interface TaskAllocatorOptions {
  readonly kafka: KafkaSettings;
  readonly lock: AllocatorLock;
  readonly topicPrefix?: string;
  /** Of due topics that are made here because no task of the executor has fired yet; default 8, those that are there stay. */
  readonly partitions?: number;
  /** A runner that has not reported for so long is given nothing more, ms; default 3,000. */
  readonly silentAfterMs?: number;
  /** Tasks that wait for a runner, held in memory; default 10,000. What is above waits in the database. */
  readonly backlogMax?: number;
  /** Opens what services seal whose client has one: the labels and the resource that a task asks for are in its data. */
  readonly cipher?: DataCipher;
  readonly framework?: FrameworkSwitch;
}

const tickEveryMs = 200;
const tellAgainMs = 1_000;
/** A runner tells of itself once a second; half of one for what a busy machine adds. */
const toldAtLeastEveryMs = 1_500;

/**
 * Gives tasks to runners. Start it in as many processes as you like: one at a time works, the others wait for its lock.
 * Without any, tasks wait.
 */
export class TaskAllocator {
  readonly #stop = new AbortController();
  readonly #framework: FrameworkSwitch;
  #running: Promise<void> | null = null;
  /** For those who wait for it to be this one's turn. */
  #onTurn: (() => void)[] = [];
  #isActive = false;

  constructor(private readonly options: TaskAllocatorOptions) {
    this.#framework = options.framework ?? taskFramework;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Resolves at once; see `becameActive`. Safe twice. */
  async start(): Promise<void> {
    if (!this.#stop.signal.aborted) this.#running ??= this.#run();
  }

  /** Lets the next one take over. Safe twice. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the allocator stops'));
    await this.#running;
  }

  /** Resolves when this allocator is the one that works. */
  becameActive(): Promise<void> {
    if (this.#isActive) return Promise.resolve();
    return new Promise((resolve) => this.#onTurn.push(resolve));
  }

  async #run(): Promise<void> {
    const { log } = this.options.kafka;
    while (!this.#stop.signal.aborted) {
      try {
        const held = await this.options.lock.lock({ signal: this.#stop.signal });
        try {
          await this.#work(AbortSignal.any([held.signal, this.#stop.signal]));
        } finally {
          this.#isActive = false;
          await held.unlock();
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        log.warn({ error: String(error) }, 'allocation begins anew');
        await sleep(1_000, this.#stop.signal);
      }
    }
  }

  async #work(over: AbortSignal): Promise<void> {
    const { kafka, topicPrefix, partitions = 8 } = this.options;
    const claims = new ClaimSender(kafka, topicPrefix);
    const allocation = new Allocation(
      { post: (claim) => claims.post(claim), now: () => performance.now(), log: kafka.log },
      {
        silentAfterMs: this.options.silentAfterMs ?? 3_000,
        tellAgainMs,
        backlogMax: this.options.backlogMax ?? 10_000,
      },
    );
    const offers = new DueOffers({
      kafka,
      topicPrefix,
      partitions,
      cipher: this.options.cipher,
      onOffer: (offer) => allocation.offer(offer),
    });
    const reports = this.#reports(allocation);
    // what waits to join its group ends by its stop alone
    const leave = (): void => void Promise.all([offers.stop(), reports.stop()]);
    over.addEventListener('abort', leave, { once: true });
    try {
      over.throwIfAborted();
      await claims.start();
      await this.#ensureReportsTopic();
      await reports.start();
      await this.#until(over, offers, allocation);
    } finally {
      over.removeEventListener('abort', leave);
      await offers.stop();
      await reports.stop();
      await claims.stop();
    }
  }

  async #until(over: AbortSignal, offers: DueOffers, allocation: Allocation): Promise<void> {
    const executorsMax = new Set<string>();
    while (!over.aborted) {
      for (const executor of allocation.executors()) executorsMax.add(executor);
      // one that is gone is followed all the same: it may come back, and its tasks wait in the backlog
      const wanted = this.#framework.isOn ? [...executorsMax].sort() : [];
      if (wanted.join() !== offers.executors.join() || (await offers.hasMore())) await offers.follow(wanted);
      if (over.aborted) return;
      this.#becomeActive();
      allocation.tick();
      await sleep(tickEveryMs, over);
    }
  }

  #becomeActive(): void {
    this.#isActive = true;
    for (const wake of this.#onTurn.splice(0)) wake();
  }

  #reports(allocation: Allocation): BatchConsumer {
    const { kafka, topicPrefix } = this.options;
    const topic = runnersTopicOf(topicPrefix);
    return new BatchConsumer(kafka, {
      groupId: `carillon-task-reports-${randomUUID()}`,
      topics: [topic],
      // what every runner told last: one that begins with the next report gives all there is to the runner that happens to tell first
      startFrom: async (assigned) => {
        const since = await new KafkaAdmin(kafka).offsetsSince(topic, Date.now() - toldAtLeastEveryMs);
        return new Map(assigned.map((at) => [partitionKey(at), since.get(at.partition) ?? 'latest']));
      },
      onRecords: (_topic, _partition, records) => {
        for (const { value } of records) {
          const report = parseReport(value);
          if (report !== null) allocation.reported(report);
        }
      },
    });
  }

  async #ensureReportsTopic(): Promise<void> {
    const topic = {
      topic: runnersTopicOf(this.options.topicPrefix),
      partitions: 1,
      config: runnersTopicConfig,
    };
    await new KafkaAdmin(this.options.kafka).ensureTopics([topic]);
  }
}

import {
  type DataCipher,
  type DueEvent,
  defaultTopicPrefix,
  openFields,
  parseDueRecord,
  topicsOf,
} from '#contract';
import { GroupProgress } from '#hooks';
import {
  BatchConsumer,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  settlesWithin,
  type TopicPartition,
} from '#kafka';
import { executorOf, hookClassOf, openEnvelope } from '../model/task-record.js';
import { claimKey } from '../wire.js';
import type { Offer } from './backlog.js';
import { DueTopics } from './due-topics.js';
import { demandOf } from './placement.js';

export interface DueOffersOptions {
  readonly kafka: KafkaSettings;
  readonly topicPrefix: string | undefined;
  /** Of due topics that nobody has made yet. */
  readonly partitions: number;
  readonly onOffer: (offer: Offer) => void;
  readonly cipher: DataCipher | undefined;
}

const committedEveryMs = 500;
/** A group that is dealing shares out, or a broker that is away, may refuse offsets; without them some tasks are offered again. */
const lastCommitMaxMs = 1_000;
const groupId = (prefix = defaultTopicPrefix): string => `${prefix}.task-allocator`;

/**
 * Tasks as they fall due, of the executors that some runner has. One group for all allocators, so the next one goes on
 * where this one stopped: an offset moves only over what a runner has heard of.
 */
export class DueOffers {
  #consumer: BatchConsumer | null = null;
  #executors: readonly string[] = [];
  /** Kept for as long as what was offered may wait: whatever is followed next, it is read again and still waits. */
  readonly #progress = new GroupProgress();
  #committing: NodeJS.Timeout | null = null;
  #isStopped = false;
  readonly #topics: DueTopics;

  constructor(private readonly options: DueOffersOptions) {
    const { kafka, topicPrefix, partitions } = options;
    this.#topics = new DueTopics({ admin: new KafkaAdmin(kafka), log: kafka.log, topicPrefix, partitions });
  }

  /** Those that it was told to follow. */
  get executors(): readonly string[] {
    return this.#executors;
  }

  /** Whether one of them that had no topic, and was left out, can be followed by now. */
  hasMore(): Promise<boolean> {
    return this.#topics.hasMore();
  }

  /** Reads the due topics of these from now on. Not after `stop`, which ends it as well. */
  async follow(executors: readonly string[]): Promise<void> {
    await this.#leave();
    this.#executors = executors;
    const { kafka, topicPrefix } = this.options;
    const made = await this.#topics.made(executors);
    if (this.#isStopped || made.length === 0) return;
    const topics = made.map((executor) => topicsOf(topicPrefix).due(hookClassOf(executor)));
    this.#consumer = new BatchConsumer(kafka, {
      groupId: groupId(topicPrefix),
      topics,
      onAssigned: (assigned) => this.#progress.onAssigned(assigned),
      onRecords: (topic, partition, records) => this.#onRecords({ topic, partition }, records),
    });
    await this.#consumer.start();
    if (!this.#isStopped) this.#committing = setInterval(() => void this.#commit(), committedEveryMs);
  }

  /** Final. Safe twice, and while `follow` waits. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#leave();
  }

  async #leave(): Promise<void> {
    if (this.#committing !== null) clearInterval(this.#committing);
    this.#committing = null;
    await settlesWithin(lastCommitMaxMs, this.#commit());
    await this.#consumer?.stop();
    this.#consumer = null;
    this.#executors = [];
  }

  /** A page is opened before the next one is read: a cipher that asks elsewhere is not asked for a whole backlog at once. */
  #onRecords(at: TopicPartition, records: readonly InRecord[]): Promise<void> | undefined {
    const progress = this.#progress.of(at);
    if (progress === undefined) return undefined;
    const opening: Promise<void>[] = [];
    for (const record of records) {
      // it was offered before, and waits
      if (!progress.begin(record.offset)) continue;
      const opened = this.#offer(at, record, () => progress.finish(record.offset));
      if (opened !== undefined) opening.push(opened);
    }
    return opening.length === 0 ? undefined : Promise.all(opening).then(() => undefined);
  }

  /** At once unless there is a cipher. Never rejects. */
  #offer(
    { topic, partition }: TopicPartition,
    record: InRecord,
    done: () => void,
  ): Promise<void> | undefined {
    const { cipher, onOffer, kafka } = this.options;
    const failed = (error: unknown): void => {
      const fields = { topic, partition, offset: String(record.offset), error: String(error) };
      kafka.log.warn(fields, 'a task was not offered; its own clock brings it back');
      done();
    };
    try {
      const parsed = parseDueRecord(record);
      if (!parsed.ok || parsed.kind !== 'due') {
        done();
        return undefined;
      }
      const { event } = parsed;
      if (cipher !== undefined)
        return openFields(event.timer, cipher)
          .then(({ data }) => onOffer(offerOf(event, data, done)))
          .catch(failed);
      onOffer(offerOf(event, event.timer.data, done));
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  async #commit(): Promise<void> {
    await this.#consumer
      ?.commit(this.#progress.offsets())
      .catch((error: unknown) =>
        this.options.kafka.log.debug({ error: String(error) }, 'offsets will be committed again'),
      );
  }
}

function offerOf({ eventId, attempt, timer }: DueEvent, data: string | undefined, done: () => void): Offer {
  const { options } = openEnvelope(data);
  return {
    key: claimKey(eventId, attempt),
    namespace: timer.namespace,
    timerKey: timer.key,
    eventId,
    attempt,
    demand: demandOf(executorOf(timer.hookClass), options),
    done,
  };
}

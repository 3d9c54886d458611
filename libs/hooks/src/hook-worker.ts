import {
  type CommandWire,
  type DataCipher,
  type DueEvent,
  dueHeaders,
  emittedTopic,
  parseDueRecord,
  topicsOf,
} from '#contract';
import {
  BatchConsumer,
  BatchProducer,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  settlesWithin,
  someHeaders,
  traceparentHeader,
} from '#kafka';
import { GroupProgress } from './group-progress.js';
import { idsOf, machineClock } from './hook-run.js';
import { HookRunner, type Hooks } from './hook-runner.js';
import type { LowestUnfinished } from './lowest-unfinished.js';
import type { RunEnd } from './timer-queues.js';

export interface HookWorkerOptions {
  readonly kafka: KafkaSettings;
  /** By hook class; what a factory makes, and what has a `start`, begins with the first event of its class. */
  readonly hooks: Hooks;
  /** Workers of one group share the events; default `carillon-hooks`. Services with other hook classes, or another `topicPrefix`, need one of their own. */
  readonly groupId?: string;
  readonly topicPrefix?: string;
  /** Of due topics that this worker makes because no event has fired yet, default 8; those that are there stay as they are. */
  readonly partitions?: number;
  /** Handlers at a time; one that is done and whose answer is on its way does not count. */
  readonly parallelism?: number;
  /** Events that were read and are not finished; reading waits above. */
  readonly unfinishedMax?: number;
  /** How long `stop` waits for handlers under way, ms; then their events are handed back. Default 10 s. */
  readonly stopWaitMs?: number;
  /** Opens what a client with the same keys sealed, and seals what handlers leave. */
  readonly cipher?: DataCipher;
}

const committedEveryMs = 500;
/** A group that is dealing shares out may refuse offsets; without them some events run twice, and without an end nobody stops. */
const lastCommitMaxMs = 1_000;
/** Closes leave together: nobody waits for a single one. None is refused: there are no more than handlers may begin. */
const answersLeave = { sendEveryMs: 20, waitingBytesMax: Number.POSITIVE_INFINITY };
/** With so much waiting to be sent no handler begins: what Kafka does not take piles up nowhere but in Kafka. */
const answersWaitingBytesMax = 32 * 1024 * 1024;

/**
 * Consumes due events of its hook classes and answers them. Events of different timers run side by side, those of one
 * timer in order. What a crash leaves unanswered comes again: an offset moves only over what was answered; at a stop over what runs as
 * well, which is answered or handed back before the process ends.
 */
export class HookWorker {
  readonly #producer: BatchProducer;
  readonly #consumer: BatchConsumer;
  readonly #runner: HookRunner;
  readonly #commandsTopic: string;
  /** Hook classes by their topic. */
  readonly #classes: ReadonlyMap<string, string>;
  readonly #progress = new GroupProgress();
  /** Ends the waits for deadlines of events whose answer was not sent. */
  readonly #overdue = new Set<() => void>();
  #unfinished = 0;
  #finishWanted: (() => void)[] = [];
  #committing: NodeJS.Timeout | null = null;
  #stopped: Promise<void> | null = null;

  constructor(private readonly options: HookWorkerOptions) {
    const { kafka, hooks, groupId = 'carillon-hooks', topicPrefix, parallelism, cipher } = options;
    const topics = topicsOf(topicPrefix);
    this.#commandsTopic = topics.commands;
    this.#classes = new Map(Object.keys(hooks).map((hookClass) => [topics.due(hookClass), hookClass]));
    this.#producer = new BatchProducer(kafka, answersLeave);
    this.#runner = new HookRunner({
      hooks,
      send: (...answer) => this.#send(...answer),
      hasRoom: () => this.#producer.waitingBytes < answersWaitingBytesMax,
      log: kafka.log,
      ...(parallelism !== undefined && { parallelism }),
      ...(cipher !== undefined && { cipher }),
    });
    this.#consumer = new BatchConsumer(kafka, {
      groupId,
      topics: [...this.#classes.keys()],
      onAssigned: (partitions) => this.#progress.onAssigned(partitions),
      // whoever is given a partition now begins it behind what was answered here
      onRebalancing: () => {
        // who stops has said where others begin
        if (this.#stopped === null) void this.#commit();
      },
      onRecords: (topic, partition, records) => this.#onRecords(topic, partition, records),
    });
  }

  /** Null: ready. Otherwise why not, in words for a person: for a `/health/ready` of the service's own. */
  readiness(): string | null {
    if (this.#stopped !== null) return 'this process goes away';
    return this.#committing === null ? 'the worker has not joined its group yet' : null;
  }

  /** Events that were read and are not answered yet. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** How often the consumer had to be made anew. */
  get restarts(): number {
    return this.#consumer.restarts;
  }

  /** Resolves when the worker takes part in its group, or is stopped. */
  async start(): Promise<void> {
    const { kafka, partitions = 8 } = this.options;
    await this.#ensureTopics(new KafkaAdmin(kafka), partitions);
    await this.#producer.start();
    await this.#consumer.start();
    if (this.#stopped !== null) return;
    this.#committing ??= setInterval(() => void this.#commit(), committedEveryMs);
  }

  /**
   * Its partitions go to the others at once, what it had not begun with them. What is under way is finished here, for up to `stopWaitMs`;
   * then it is handed back, and its next attempt begins elsewhere. Safe twice, and while it starts.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#committing !== null) clearInterval(this.#committing);
    const handled = this.#runner.stop(this.options.stopWaitMs ?? 10_000);
    this.#tellFinished();
    await Promise.race([this.#untilHandOver(), handled]);
    await settlesWithin(
      lastCommitMaxMs,
      this.#commit((progress) => progress.handOverPosition()),
    );
    await this.#consumer.stop();
    await handled;
    for (const cancel of this.#overdue) cancel();
    await this.#producer.stop();
  }

  /** Who reads on from what was not begun must not meet what runs here. */
  async #untilHandOver(): Promise<void> {
    // of a partition that went, others have read on already
    const leaving = this.#progress.assigned;
    while (!leaving.every(({ mayHandOver }) => mayHandOver))
      await new Promise<void>((resolve) => this.#finishWanted.push(resolve));
  }

  async #ensureTopics(admin: KafkaAdmin, partitions: number): Promise<void> {
    await admin.ensureTopics([...this.#classes.keys()].map((topic) => emittedTopic(topic, partitions)));
  }

  async #onRecords(topic: string, partition: number, records: readonly InRecord[]): Promise<void> {
    const progress = this.#progress.of({ topic, partition });
    if (progress === undefined || this.#stopped !== null) return;
    for (const record of records) {
      if (progress.begin(record.offset)) this.#take(topic, record, progress);
    }
    while (this.#unfinished > (this.options.unfinishedMax ?? 5_000) && this.#stopped === null) {
      await new Promise<void>((resolve) => this.#finishWanted.push(resolve));
    }
  }

  #take(topic: string, record: InRecord, progress: LowestUnfinished): void {
    const parsed = parseDueRecord({ value: record.value, headers: someHeaders(record, dueHeaders) });
    const hookClass = this.#classes.get(topic);
    if (!parsed.ok || hookClass === undefined) {
      const reason = parsed.ok ? 'no hook' : parsed.reason;
      this.options.kafka.log.error(
        { topic, partition: record.partition, offset: String(record.offset), reason },
        'not a due event; passed over',
      );
      progress.finish(record.offset);
      return;
    }
    this.#unfinished += 1;
    const { event } = parsed;
    const isTaken = this.#runner.take(hookClass, parsed, (end) => {
      this.#ended(end, record, progress, event);
      this.#finished();
    });
    if (isTaken) return;
    progress.finish(record.offset);
    this.#finished();
  }

  #ended(end: RunEnd, record: InRecord, progress: LowestUnfinished, event: DueEvent): void {
    if (end.kind === 'answered') progress.finish(record.offset);
    else if (end.kind === 'let-go') progress.letGo(record.offset);
    else this.#unanswered(record, progress, end.error, event);
  }

  /**
   * An answer that could not be sent leaves its offset where it is: the event comes again after a restart. Its heartbeats have ended, so
   * once its deadline has passed it comes again by itself, and the offset moves: nothing behind it is handled twice for it.
   */
  #unanswered(record: InRecord, progress: LowestUnfinished, error: unknown, event: DueEvent): void {
    const { log } = this.options.kafka;
    const { topic, partition, offset } = record;
    const ids = { ...idsOf(event), topic, partition, offset: String(offset) };
    log.error({ ...ids, error: String(error) }, 'an answer was not sent');
    const cancel = machineClock.after(event.ackTimeoutMs, () => {
      this.#overdue.delete(cancel);
      progress.finish(record.offset);
      log.info(ids, 'passed over: its deadline has gone by');
    });
    this.#overdue.add(cancel);
  }

  #finished(): void {
    this.#unfinished -= 1;
    this.#tellFinished();
  }

  #tellFinished(): void {
    const waiting = this.#finishWanted;
    this.#finishWanted = [];
    for (const wake of waiting) wake();
  }

  #send(command: CommandWire, traceparent?: string, unwanted?: AbortSignal): Promise<void> {
    const { namespace, key } = command;
    const record = { topic: this.#commandsTopic, key: `${namespace}/${key}`, value: JSON.stringify(command) };
    const headers = traceparent === undefined ? {} : { headers: { [traceparentHeader]: traceparent } };
    return this.#producer.send([{ ...record, ...headers }], unwanted);
  }

  async #commit(positionOf?: (progress: LowestUnfinished) => bigint | null): Promise<void> {
    await this.#consumer
      .commit(this.#progress.offsets(positionOf))
      .catch((error: unknown) =>
        this.options.kafka.log.debug({ error: String(error) }, 'offsets will be committed again'),
      );
  }
}

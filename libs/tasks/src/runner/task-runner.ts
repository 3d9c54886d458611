import { randomUUID } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import {
  claimantOf,
  type DataCipher,
  isWholeTimer,
  openFields,
  type Reply,
  type TimerRecord,
} from '#contract';
import { BatchProducer, KafkaAdmin, type KafkaSettings, type Logger, settlesWithin, sleep } from '#kafka';
import { InvalidTaskError } from '../errors.js';
import { type FrameworkSwitch, taskFramework } from '../framework-switch.js';
import type { Resource } from '../model/task.js';
import { taskOf } from '../model/task-record.js';
import type { RunnerTimers } from '../ports.js';
import {
  claimKey,
  type RunnerReport,
  runnerNamePattern,
  runnersTopicConfig,
  runnersTopicOf,
} from '../wire.js';
import { answersOf } from './answers.js';
import { ClaimInbox } from './claim-inbox.js';
import type { TaskExecutor } from './executor.js';
import { Executors } from './executors.js';
import { type HeardClaim, Reporter } from './reporter.js';
import { RunQueue } from './run-queue.js';
import { RunnerStopsError, TaskRun } from './task-run.js';

export interface TaskRunnerOptions {
  readonly kafka: KafkaSettings;
  /** Connected by the caller, closed by the caller after `stop`. */
  readonly timers: RunnerTimers;
  readonly topicPrefix?: string;
  /** Names this runner among all; default one that no other has. */
  readonly runner?: string;
  /** Executors at a time; default a quarter of the cores, at least 1. */
  readonly parallelism?: number;
  /** Tasks that are taken and wait for their turn; default as many as run. */
  readonly waitingMax?: number;
  readonly labels?: Readonly<Record<string, string | readonly string[]>>;
  /** What this runner has in all. */
  readonly resource?: Resource;
  /** How often it reports at least, ms; default 1,000. */
  readonly reportEveryMs?: number;
  /** How long `stop` waits for executors to end after their signal has fired, ms; default 5,000. */
  readonly stopWaitMs?: number;
  /** How long `stop` listens for claims that were sent before the allocator heard of it, to hand them back as well, ms; default 1,000. */
  readonly lateClaimsMs?: number;
  /** Opens the tasks of services whose client seals them. What it cannot open is given to another runner. */
  readonly cipher?: DataCipher;
  readonly framework?: FrameworkSwitch;
}

/** Tasks that ended here and are remembered, so that a claim that is told again does not run twice. */
const rememberedMax = 10_000;
/** Before a task that this runner cannot do, or not read, is given to another, a duration. */
const strangeAfter = '1s';
/**
 * Before a task of a runner that stops is given to another, a duration: reports and offers come to the allocator by consumers of
 * their own, and it has read of the stop by then.
 */
const handedBackAfter = '100ms';
/** A broker that does not take the report of a stop is not waited for any longer, ms. */
const toldMaxMs = 1_000;

/** Runs the tasks that are claimed for it. */
export class TaskRunner {
  readonly name: string;
  readonly #executors = new Executors();
  readonly #runs = new Map<string, TaskRun>();
  readonly #known = new Set<string>();
  /** Tasks that are being opened. */
  readonly #opening = new Set<Promise<void>>();
  readonly #queue: RunQueue;
  readonly #reporter: Reporter;
  readonly #inbox: ClaimInbox;
  readonly #log: Logger;
  readonly #waitingMax: number;
  readonly #framework: FrameworkSwitch;
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;
  #unlisten: () => void = () => undefined;

  constructor(private readonly options: TaskRunnerOptions) {
    const { kafka, runner, parallelism, topicPrefix } = options;
    this.name = runner ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
    if (!runnerNamePattern.test(this.name))
      throw new RangeError(`${this.name} is no runner's name: 1 to 128 of A-Z a-z 0-9 . _ -`);
    this.#log = kafka.log;
    this.#framework = options.framework ?? taskFramework;
    const most = positive(parallelism) ?? Math.max(1, Math.floor(availableParallelism() / 4));
    this.#waitingMax = positive(options.waitingMax) ?? most;
    this.#queue = new RunQueue(most, (run) => this.#run(run));
    this.#reporter = new Reporter(
      new BatchProducer(kafka),
      runnersTopicOf(topicPrefix),
      options.reportEveryMs ?? 1_000,
      (heard) => this.#report(heard),
      this.#log,
    );
    this.#inbox = new ClaimInbox(kafka, topicPrefix, this.name, (key, reply) => this.#onClaim(key, reply));
  }

  /**
   * The first of a code counts, later ones are ignored.
   * @param code 1 to 59 of `A-Z a-z 0-9 . _ -`, or a number; two executors must not differ in `.` and `_` alone, for Kafka makes
   *   the due topic of one of them only
   * @throws RangeError
   */
  registerExecutor(code: string | number, executor: TaskExecutor): void {
    if (this.#executors.register(code, executor)) this.#reporter.tell();
  }

  /** Executors that may run at a time. */
  parallelism(): number {
    return this.#queue.parallelism;
  }

  /** Resolves when it listens to claims and has told of itself. Safe twice; not after `stop`. */
  start(): Promise<void> {
    if (this.#stopped !== null) return Promise.resolve();
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Hands back at once what waits, fires the signal of what runs and hands it back when its executor has ended, at the latest
   * after `stopWaitMs`; an executor that finishes its work meanwhile has it counted. Safe twice.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const topic = {
      topic: runnersTopicOf(this.options.topicPrefix),
      partitions: 1,
      config: runnersTopicConfig,
    };
    await new KafkaAdmin(this.options.kafka).ensureTopics([topic]);
    await this.#inbox.start();
    if (this.#stopped !== null) return;
    this.#unlisten = this.#framework.onTurn(() => this.#reporter.tell());
    await this.#reporter.start();
  }

  async #stop(): Promise<void> {
    if (this.#started === null) return;
    // it may wait to join its group, which nothing else ends; it has not told of itself yet
    if (!this.#inbox.isListening) await this.#inbox.stop();
    // whoever started it knows why it did not come up
    await this.#started.catch(() => undefined);
    this.#unlisten();
    // told first: what is handed back before would be given to this one again
    await settlesWithin(toldMaxMs, this.#reporter.tellNow());
    const lateClaims = sleep(this.options.lateClaimsMs ?? 1_000);
    const backs = this.#queue.drain().map((run) => this.#backAtStop(run));
    const running = [...this.#runs.values()];
    for (const run of running) run.interrupt(new RunnerStopsError());
    await settlesWithin(this.options.stopWaitMs ?? 5_000, this.#idle());
    for (const run of this.#runs.values()) backs.push(this.#backAtStop(run));
    await Promise.all([...backs, lateClaims]);
    await this.#inbox.stop();
    await Promise.all(this.#opening);
    // claims that came while it stopped are handed back as well
    while (this.#runs.size > 0) await this.#idle();
    await this.#reporter.stop();
  }

  #idleWanted: (() => void) | null = null;
  #idle(): Promise<void> {
    if (this.#runs.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWanted = resolve;
    });
  }

  #report(heard: readonly HeardClaim[]): RunnerReport {
    const { labels = {}, resource = {} } = this.options;
    const refused = heard.flatMap(({ key, holder }) => (holder === null ? [] : [{ key, holder }]));
    const takes = this.#stopped === null && this.#framework.isOn;
    return {
      runner: this.name,
      executors: this.#executors.codes(),
      labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, [value].flat()])),
      resource: { cpu: resource.cpu ?? 0, memory: resource.memory ?? 0 },
      parallelism: this.#queue.parallelism,
      capacity: takes ? this.#queue.parallelism + this.#waitingMax : 0,
      held: this.#load(),
      heard: heard.map(({ key }) => key),
      ...(refused.length > 0 && { refused }),
    };
  }

  /** Outcomes that are being told take no room, up to as many as run: where telling is slow, less is taken. */
  #load(): number {
    const { running, waiting, parallelism } = this.#queue;
    const untold = this.#runs.size - running - waiting;
    return this.#opening.size + running + waiting + Math.max(0, untold - parallelism);
  }

  #onClaim(key: string, reply: Reply): void {
    this.#reporter.hear({ key, holder: reply.ok ? null : claimantOf(reply) });
    if (!reply.ok || !isWholeTimer(reply.timer) || !isOurs(reply.timer, this.name)) return;
    const { timer } = reply;
    const own = claimKey(timer.eventId ?? '', timer.attempt ?? 0);
    if (this.#known.has(own)) return;
    this.#remember(own);
    const { cipher } = this.options;
    if (cipher === undefined) this.#take(own, timer);
    else this.#open(own, timer, cipher);
  }

  #open(own: string, timer: TimerRecord, cipher: DataCipher): void {
    const opening = openFields(timer, cipher)
      .then(
        (opened) => this.#take(own, opened),
        (error: unknown) => this.#take(own, timer, `it cannot be opened here: ${String(error)}`),
      )
      .catch((error: unknown) =>
        this.#log.warn({ key: own, error: String(error) }, 'an answer to a claim makes no sense'),
      )
      .finally(() => this.#opening.delete(opening));
    this.#opening.add(opening);
  }

  /** @param problem why it cannot be done here */
  #take(own: string, timer: TimerRecord, problem?: string): void {
    const task = taskOf(timer);
    const executor = this.#executors.of(task.executor);
    const answers = answersOf(this.options.timers, this.name, timer, this.#log);
    const run = new TaskRun(task, executor ?? nobody, answers);
    this.#runs.set(own, run);
    run.lost.addEventListener('abort', () => this.#ended(own, run), { once: true });
    if (problem !== undefined) void this.#handBack(run, problem, strangeAfter);
    else if (executor === undefined)
      void this.#handBack(run, `no executor of ${task.executor} here`, strangeAfter);
    else if (this.#stopped !== null) void this.#backAtStop(run);
    else this.#queue.add(run);
  }

  async #run(run: TaskRun): Promise<void> {
    const result = await run.execute();
    this.#reporter.tell();
    // the slot is free now; the answer may take a while
    void this.#finish(run, result === null ? null : () => run.answer(result));
  }

  async #finish(run: TaskRun, answer: (() => Promise<void>) | null): Promise<void> {
    if (answer !== null) await answer();
    else if (run.isInterrupted) return this.#backAtStop(run);
    this.#ended(claimKey(run.task.eventId ?? '', run.task.attempt), run);
  }

  #backAtStop(run: TaskRun): Promise<void> {
    return this.#handBack(run, 'the runner stops', handedBackAfter);
  }

  async #handBack(run: TaskRun, reason: string, after: string): Promise<void> {
    await run.handBack(reason, after);
    this.#ended(claimKey(run.task.eventId ?? '', run.task.attempt), run);
  }

  #ended(key: string, run: TaskRun): void {
    if (this.#runs.get(key) !== run) return;
    this.#runs.delete(key);
    this.#reporter.tell();
    if (this.#runs.size === 0) this.#idleWanted?.();
  }

  #remember(key: string): void {
    this.#known.add(key);
    const [oldest] = this.#known;
    if (this.#known.size > rememberedMax && oldest !== undefined) this.#known.delete(oldest);
  }
}

const isOurs = (timer: TimerRecord, runner: string): boolean =>
  timer.claimed === true && timer.worker === runner && timer.eventId !== undefined;
const nobody: TaskExecutor = () => {
  throw new InvalidTaskError('of nobody', 'there is no executor');
};
const positive = (value: number | undefined): number | undefined =>
  value === undefined || value <= 0 ? undefined : Math.floor(value);

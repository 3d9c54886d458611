import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as after } from 'node:timers/promises';
import {
  type NewTimer,
  TimerEndedError,
  TimerExistsError,
  TimerNotExistError,
  TimerNotPausedError,
} from '#client';
import type { DueEvent, HookContext } from '#hooks';
import { claimed, handBackWaitMs, runUntilClosed } from '../closable-run.js';
import type { ClusterDeps, Worker } from '../deps.js';
import { onceTag, ownKey } from '../model/cluster-record.js';
import { defaultApplication, onceClass, onceKey, onceKeysBegin } from '../names.js';
import { JobExistsError, SchedulerStateError } from './errors.js';
import { nextProps, propsAgainText, propsOfRun, propsText } from './props.js';

export interface OnceRun {
  /** 1, 2, …: a run that failed, or whose process was lost, is tried again. */
  readonly attempt: number;
  /** Fires when the run is not this process's any more, or the scheduler stops. */
  readonly signal: AbortSignal;
}

/** `props` is what was given, through JSON, in whichever process it runs. Throwing has it tried again. */
export type OnceCallback = (key: string, props: unknown, run: OnceRun) => Promise<void> | void;

export interface OnceOptions {
  /** Processes of one application share their once-jobs, and their keys are theirs alone; a part of a hook class, default `default`. */
  readonly application?: string;
  /** A process that is not heard of for this long has lost its run to another one; default `10s`. */
  readonly ackTimeout?: string;
  readonly retry?: NonNullable<NewTimer['retry']>;
  /** Callbacks at a time in this process; default 16. */
  readonly parallelism?: number;
  readonly stopWaitMs?: number;
}

export interface ScheduledJob {
  readonly key: string;
  readonly runAt: Date;
  readonly props: unknown;
}

/** A job that waits somewhere in the cluster. */
export interface JobOnce {
  readonly key: string;
  /** True: it will not run. False: it was not there any more. Safe to call twice. */
  cancel(): Promise<boolean>;
}

/** The remains of a job that is done go so soon, where a fire service runs; whoever needs the name before that takes them away. */
const keepFor = '1ms';
/** A run whose callback has just returned ends within so many tries. */
const [createTriesMax, createPauseMs] = [4, 40];
const defaultStopWaitMs = 10_000;

/** Jobs that run once in the cluster, at a time, whichever process asked for them and whichever is there by then. */
export class JobOnceScheduler {
  #callback: OnceCallback | null = null;
  #worker: Promise<Worker> | null = null;
  #isStarted = false;
  readonly #closing = new AbortController();
  /** The event that the present callback runs for. */
  readonly #running = new AsyncLocalStorage<DueEvent>();

  readonly #hookClass: string;
  /** Of the job's timer. */
  readonly #keyOf: (key: string) => string;

  constructor(
    private readonly deps: ClusterDeps,
    private readonly options: OnceOptions = {},
  ) {
    const { application = defaultApplication } = options;
    this.#hookClass = onceClass(application);
    this.#keyOf = onceKey(application);
  }

  /** May be set again, and the last one counts, also after the start. @throws TypeError for what cannot be called */
  setCallback(callback: OnceCallback): void {
    if (typeof callback !== 'function')
      throw new TypeError('callback cannot be nil: setCallback takes a function');
    this.#callback = callback;
  }

  /** Resolves when this process takes part: overdue jobs run at once. @throws SchedulerStateError; an error where it is stopped meanwhile */
  async start(): Promise<void> {
    if (this.#callback === null) throw new SchedulerStateError('set callback before starting the scheduler');
    if (this.#worker !== null) throw new SchedulerStateError('scheduler has already been started');
    const { stopWaitMs = defaultStopWaitMs, parallelism = 16 } = this.options;
    const handle = (event: DueEvent, context: HookContext) => this.#run(event, context);
    const { signal } = this.#closing;
    const settings = { stopWaitMs: stopWaitMs + handBackWaitMs, parallelism, signal };
    this.#worker = this.deps.startWorker(this.#hookClass, handle, settings);
    try {
      await this.#worker;
      this.#isStarted = true;
    } catch (error) {
      this.#worker = null;
      throw error;
    }
  }

  /** Runs nothing more here; jobs go on elsewhere. Safe to call twice, and while it starts. */
  async stop(): Promise<void> {
    this.#closing.abort(new Error('the once-job scheduler stops'));
    // whoever started it knows why it did not come up
    const worker = await this.#worker?.catch(() => null);
    await worker?.stop();
  }

  /**
   * Runs the callback once at `runAt`, at once if that has passed. From within the callback of the same key the job begins anew
   * when the present run has ended; until then, whatever becomes of its process, the present run keeps its own props.
   * @throws JobExistsError, PropsTooLargeError, SchedulerStateError, InvalidKeyError, TypeError for props that are no JSON
   */
  async scheduleOnce(key: string, runAt: Date, props: unknown = null): Promise<JobOnce> {
    if (!this.#isStarted) throw new SchedulerStateError('start the scheduler before adding jobs');
    const running = this.#runOf(key);
    if (running === undefined) {
      await this.#create(key, runAt, propsText(props));
      return { key, cancel: () => this.cancel(key) };
    }
    await this.#again(running, runAt, props);
    return { key, cancel: () => this.#cancel(key, running) };
  }

  /** True: it will not run. False: no such job, which is no error. A run under way is not interrupted, and not tried again. */
  async cancel(key: string): Promise<boolean> {
    return await this.#cancel(key, this.#runOf(key));
  }

  /** Every job that waits or runs, of all processes of the application; needs a client that can query. */
  async listScheduledJobs(): Promise<ScheduledJob[]> {
    const jobs: ScheduledJob[] = [];
    const namespace = this.deps.timers.getDefaultNamespace();
    const condition = { namespace, keyPrefix: onceKeysBegin, hookClass: this.#hookClass };
    for await (const timer of this.deps.timers.getTimers(condition)) {
      if (timer.status === 'ended') continue;
      const key = ownKey(timer.key);
      jobs.push({ key, runAt: new Date(timer.schedPolicyExpr), props: nextProps(timer.summaryData) });
    }
    return jobs;
  }

  /** By the own key, since the timer may have been stored under the name that its application's once-jobs had before. */
  #runOf(key: string): DueEvent | undefined {
    const running = this.#running.getStore();
    return running !== undefined && ownKey(running.timer.key) === key ? running : undefined;
  }

  async #cancel(key: string, run: DueEvent | undefined): Promise<boolean> {
    const { timers } = this.deps;
    if (run !== undefined && (await timers.deleteTimer({ timerId: run.timer.id }))) return true;
    return await timers.deleteTimer({ key: this.#keyOf(key) });
  }

  async #create(key: string, runAt: Date, summaryData: string): Promise<void> {
    const { ackTimeout = '10s', retry } = this.options;
    const timer = {
      key: this.#keyOf(key),
      hookClass: this.#hookClass,
      tags: [onceTag],
      schedPolicyType: 'ONCE',
      schedPolicyExpr: runAt.toISOString(),
      summaryData,
      ackTimeout,
      keepFor,
      // while no process is there, none of its attempts is used up
      retry: { countUnheard: false, ...retry },
    };
    for (let tries = 1; ; tries += 1) {
      try {
        await this.deps.timers.createTimer(timer);
        return;
      } catch (error) {
        if (!(error instanceof TimerExistsError)) throw error;
        if (tries === createTriesMax) throw new JobExistsError(key);
        if (!(await this.#tidied(error.timerId))) await after(createPauseMs);
      }
    }
  }

  /** Takes away what a job that is done has left. False: it waits or runs, or may do. */
  async #tidied(timerId: string | null): Promise<boolean> {
    if (timerId === null) return false;
    const { timers } = this.deps;
    try {
      // changes nothing, whatever it meets: nobody holds the timer by this token. Commands tell also whom no query can be asked
      await timers.resumeTimer({ timerId }, { token: 'once', check: { live: true } });
      return false;
    } catch (error) {
      if (error instanceof TimerNotPausedError) return false;
      if (error instanceof TimerNotExistError) return true;
      if (!(error instanceof TimerEndedError)) throw error;
    }
    // by its id: one that another process makes under the name meanwhile stays
    await timers.deleteTimer({ timerId });
    return true;
  }

  /** One change of the timer that is open now, so nothing is lost between two: it takes effect at the close. This run keeps its props. */
  async #again({ eventId, timer, startedAt }: DueEvent, runAt: Date, props: unknown): Promise<void> {
    const summaryData = propsAgainText(timer.summaryData, eventId, props);
    const moment = new Date(Math.max(runAt.getTime(), Date.parse(startedAt) + 1));
    await this.deps.timers.updateTimer(
      { timerId: timer.id },
      { schedPolicyExpr: moment.toISOString(), summaryData },
    );
  }

  async #run(event: DueEvent, context: HookContext): Promise<void> {
    const { stopWaitMs = defaultStopWaitMs } = this.options;
    const closable = { timers: this.deps.timers, closing: this.#closing.signal, stopWaitMs };
    await claimed(closable, event, context);
    const callback = this.#callback;
    if (callback === null) throw new SchedulerStateError('there is no callback');
    const { eventId, attempt, timer } = event;
    const key = ownKey(timer.key);
    const props = propsOfRun(timer.summaryData, eventId);
    await runUntilClosed(closable, event, context, (signal) =>
      this.#running.run(event, () => callback(key, props, { attempt, signal })),
    );
  }
}

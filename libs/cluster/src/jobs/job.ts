import { type NewTimer, TimerExistsError, TimerNotExistError } from '#client';
import { durationMs } from '#timer';
import { handBackWaitMs } from '../closable-run.js';
import type { ClusterDeps, Worker } from '../deps.js';
import { jobTag } from '../model/cluster-record.js';
import { jobClass, jobKey } from '../names.js';
import { type JobCallback, jobHook } from './job-hook.js';
import { type NextWaitInterval, scheduleOf } from './wait.js';

export interface JobOptions {
  /** A process that is not heard of for this long has lost its run to another one; default `10s`. */
  readonly ackTimeout?: string;
  /** For a run that fails; default 5 attempts, exponential from 1 s to 5 min. After the last one the job waits for its next time. */
  readonly retry?: NonNullable<NewTimer['retry']>;
  /** How long `close` waits for a run under way, ms; default 10,000. */
  readonly stopWaitMs?: number;
}

/** A run that no process was there for has not been tried. */
const defaultRetry = {
  maxAttempts: 5,
  backoff: 'exponential',
  min: '1s',
  max: '5m',
  countUnheard: false,
} as const;
const registrationsMax = 10;

/** A job as this process takes part in it. The job itself belongs to the cluster. */
export class Job {
  readonly #closing: AbortController;
  #closed: Promise<void> | null = null;

  private constructor(
    readonly key: string,
    private readonly worker: Worker,
    closing: AbortController,
    private readonly onClosed: (job: Job) => void,
  ) {
    this.#closing = closing;
  }

  /** Resolves when the job is known to the cluster and this process takes part. */
  static async start(
    deps: ClusterDeps,
    given: { readonly key: string; readonly wait: NextWaitInterval; readonly callback: JobCallback },
    options: JobOptions,
    onClosed: (job: Job) => void,
  ): Promise<Job> {
    const { key, wait, callback } = given;
    const { ackTimeout = '10s', stopWaitMs = 10_000 } = options;
    const retry = { ...defaultRetry, ...options.retry };
    const hookClass = jobClass(key);
    const closing = new AbortController();
    const hook = jobHook({
      key,
      wait,
      callback,
      maxAttempts: retry.maxAttempts ?? defaultRetry.maxAttempts,
      retryMaxMs: durationMs(retry.max ?? defaultRetry.max),
      closing: closing.signal,
      stopWaitMs,
      timers: deps.timers,
    });
    // before there is anything to run: whoever makes the timer first finds somebody who listens
    const settings = { stopWaitMs: stopWaitMs + handBackWaitMs, parallelism: 1 };
    const worker = await deps.startWorker(hookClass, hook, settings);
    try {
      // the last failure of a job whose close names the next time is told by a close
      const isOwn = typeof wait === 'function';
      const timer = { ...scheduleOf(wait), ackTimeout, retry: isOwn ? { ...retry, maxAttempts: 0 } : retry };
      await register(deps, jobKey(key), hookClass, timer, isOwn);
    } catch (error) {
      await worker.stop();
      throw error;
    }
    return new Job(key, worker, closing, onClosed);
  }

  /**
   * This process runs it no more: a run under way is told by its signal, waited for up to `stopWaitMs`, and taken up by another
   * process if it does not finish, which uses up no attempt. The job goes on elsewhere, and in its rhythm when it is scheduled again. Safe to call twice.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(new Error(`job ${this.key} is closed here`));
    await this.worker.stop();
    this.onClosed(this);
  }
}

type Schedule = Pick<NewTimer, 'schedPolicyType' | 'schedPolicyExpr' | 'ackTimeout' | 'retry'>;

/** What the newest version of the program says holds, against the same last run. */
async function register(
  { timers }: ClusterDeps,
  key: string,
  hookClass: string,
  timer: Schedule,
  isOwn: boolean,
): Promise<void> {
  // a policy of one's own is asked anew: its timer would otherwise wait for what a former version said
  const set = { ...timer, ...(isOwn && { watermark: null }) };
  for (let tries = 1; ; tries += 1) {
    try {
      await timers.updateTimer({ key }, set);
      return;
    } catch (error) {
      if (!(error instanceof TimerNotExistError)) throw error;
    }
    try {
      await timers.createTimer({ key, hookClass, tags: [jobTag], ...timer });
      return;
    } catch (error) {
      // another process was quicker
      if (!(error instanceof TimerExistsError) || tries === registrationsMax) throw error;
    }
  }
}

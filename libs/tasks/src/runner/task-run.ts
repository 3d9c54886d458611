import { format } from 'node:util';
import { type Logger, ringAfter, ringEvery } from '#kafka';
import { durationMs } from '#timer';
import { InvalidTaskError, isFinalRefusal } from '../errors.js';
import type { Task, TaskProgress } from '../model/task.js';
import { defaultRetryInterval, errorTextMax, failuresText, resultText } from '../model/task-timer.js';
import type { TaskExecutor } from './executor.js';

/** What a run asks of the world; each rejects with `InvalidTaskError` when the task is somebody else's. */
export interface RunDeps {
  heartbeat(task: Task, progress: TaskProgress | undefined, timeoutMs: number): Promise<unknown>;
  /** @param result its text, as it is stored */
  complete(task: Task, result: string): Promise<unknown>;
  /** Ends this epoch: the task is given to a runner anew after a while. */
  giveBack(task: Task, how: GiveBack): Promise<unknown>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly log: Logger;
}
export interface GiveBack {
  readonly after: string;
  readonly error: string;
  /** Counted failures, kept with the task. */
  readonly data?: string;
  /** Nothing has failed. */
  readonly handBack?: true;
}

/** How an executor ended. */
export interface RunEnd {
  /** The text of the task's result. */
  readonly result: string;
  /** What it threw: another run may follow. */
  readonly thrown?: string;
}

/** Why a run ends without an answer. */
export class RunnerStopsError extends Error {
  readonly code = 'tasks/runner-stops';
  constructor() {
    super('the runner stops');
    this.name = 'RunnerStopsError';
  }
}

const beatsPerTimeout = 3;
const answerPauseMs = 500;

/**
 * One epoch of one task in this runner: heartbeats from the moment it is taken until it is answered, waiting or running.
 * Without a heartbeat that was answered within the timeout it may be somebody else's, and the run ends.
 */
export class TaskRun {
  /** Fires the executor's signal. */
  readonly #work = new AbortController();
  /** The task is somebody else's: nothing is said about it any more. */
  readonly #lost = new AbortController();
  readonly #timeoutMs: number;
  readonly #cancelBeats: () => void;
  #cancelDeadline: () => void;
  #isBeating = false;
  #isAnswered = false;

  constructor(
    readonly task: Task,
    private readonly executor: TaskExecutor,
    private readonly deps: RunDeps,
  ) {
    this.#timeoutMs = durationMs(task.options.heartbeatTimeout ?? '30s');
    this.#cancelBeats = ringEvery(
      Math.max(1, this.#timeoutMs / beatsPerTimeout),
      () => void this.#heartbeat(),
    );
    this.#cancelDeadline = this.#startDeadline(this.#timeoutMs);
  }

  /** Fires when the task is not this run's any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }
  get isInterrupted(): boolean {
    return this.#work.signal.aborted && !this.lost.aborted;
  }

  /** The executor shall stop; the task is still this run's, and kept by heartbeats until it is answered. */
  interrupt(reason: Error): void {
    if (!this.#work.signal.aborted) this.#work.abort(reason);
  }

  #lose(reason: InvalidTaskError): void {
    this.#stopClocks();
    this.interrupt(reason);
    if (!this.lost.aborted) this.#lost.abort(reason);
  }

  /** Calls the executor; answers how it ended, or nothing if the task was lost. */
  async execute(): Promise<RunEnd | null> {
    if (this.#work.signal.aborted) return null;
    try {
      const value = await this.executor(this.task, {
        signal: this.#work.signal,
        progress: (progress) => this.#tell(progress),
        log: this.deps.log,
      });
      return this.lost.aborted ? null : { result: storedText(value) };
    } catch (error) {
      const thrown = errorText(error);
      return this.#work.signal.aborted ? null : { result: failed(thrown), thrown };
    }
  }

  /**
   * Tells the outcome, again and again until it is known to have arrived or the task to be lost. What would be refused for
   * ever is told as failed, without another run: the work is done.
   */
  async answer({ result, thrown }: RunEnd): Promise<void> {
    const { maxRetryTimes = 0, retryInterval = defaultRetryInterval } = this.task.options;
    const failures = this.task.failures + 1;
    const retry =
      thrown === undefined || failures > maxRetryTimes
        ? null
        : { after: retryInterval, error: thrown, data: failuresText(failures) };
    const refusal = await this.#untilAnswered(() =>
      retry === null ? this.deps.complete(this.task, result) : this.deps.giveBack(this.task, retry),
    );
    if (refusal === null) return;
    const reason =
      retry === null ? `the result was refused: ${refusal}` : `${thrown}; the retry was refused: ${refusal}`;
    await this.#lastAnswer(() => this.deps.complete(this.task, failed(reason)));
  }

  /** Hands the task back, to be given to a runner anew after a while. No failed run is counted. */
  async handBack(reason: string, after: string): Promise<void> {
    await this.#lastAnswer(() => this.deps.giveBack(this.task, { after, error: reason, handBack: true }));
  }

  /** There is nothing else to say: if not even this is taken, the task is left to its heartbeat timeout. */
  async #lastAnswer(say: () => Promise<unknown>): Promise<void> {
    const refusal = await this.#untilAnswered(say);
    if (refusal === null) return;
    this.deps.log.error(
      { task: this.task.id, refusal },
      'no answer to a task is taken: it will be run again',
    );
    this.#lose(new InvalidTaskError(this.task.id, `no answer to it is taken: ${refusal}`));
  }

  /** Null: it has arrived, or the task is lost. Otherwise why it will never be taken. */
  async #untilAnswered(say: () => Promise<unknown>): Promise<string | null> {
    let isTold = false;
    while (!this.lost.aborted) {
      try {
        await say();
        break;
      } catch (error) {
        if (isFinalRefusal(error)) return error.message;
        if (error instanceof InvalidTaskError) this.#lose(error);
        else {
          if (!isTold)
            this.deps.log.warn({ task: this.task.id, error: String(error) }, 'an outcome was not told yet');
          isTold = true;
          await this.deps.sleep(answerPauseMs, this.lost);
        }
      }
    }
    this.#isAnswered = true;
    this.#stopClocks();
    return null;
  }

  async #tell(progress: TaskProgress): Promise<void> {
    this.#work.signal.throwIfAborted();
    await this.#send(progress);
  }

  async #heartbeat(): Promise<void> {
    // one at a time: a broker that is away is asked once
    if (this.#isBeating || this.lost.aborted) return;
    this.#isBeating = true;
    try {
      await this.#send(undefined);
    } catch (error) {
      if (!(error instanceof InvalidTaskError))
        // the deadline tells if it matters
        this.deps.log.debug({ task: this.task.id, error: String(error) }, 'a heartbeat was not answered');
    } finally {
      this.#isBeating = false;
    }
  }

  async #send(progress: TaskProgress | undefined): Promise<void> {
    const sentAt = performance.now();
    try {
      // asked again while no answer comes, but not so often that a slow cluster gets slower by it
      await this.deps.heartbeat(this.task, progress, this.#timeoutMs * 2);
      if (this.lost.aborted || this.#isAnswered) return;
      // counted from when it was sent: a slow answer must not stretch what the other side gives
      this.#cancelDeadline();
      this.#cancelDeadline = this.#startDeadline(this.#timeoutMs - (performance.now() - sentAt));
    } catch (error) {
      if (error instanceof InvalidTaskError && !this.#isAnswered) this.#lose(error);
      throw error;
    }
  }

  /** @returns what cancels it */
  #startDeadline(ms: number): () => void {
    return ringAfter(Math.max(0, ms), () =>
      this.#lose(new InvalidTaskError(this.task.id, 'no heartbeat was answered within its timeout')),
    );
  }

  #stopClocks(): void {
    this.#cancelBeats();
    this.#cancelDeadline();
  }
}

/** Of a success; of a failure where nothing can keep what was returned: JSON has no cycles and no BigInt. */
function storedText(value: unknown): string {
  try {
    return resultText({ code: 'success', value });
  } catch (error) {
    return failed(`the result cannot be stored: ${errorText(error)}`);
  }
}

const failed = (error: string): string => resultText({ code: 'failed', error });

/** Whatever was thrown: it may have no text of its own. */
const errorText = (error: unknown): string =>
  format('%s', error instanceof Error ? error.message : error).slice(0, errorTextMax);

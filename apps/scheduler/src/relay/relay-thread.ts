import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Service } from '#runtime';
import type { SchedulerConfig } from '../config.js';
import type { FromRelay, RelayThreadData, ToRelay } from './messages.js';

/** Commands wait while more committed events than this are not published: the feed stays young under any load. */
const lagMax = 20_000;

/** What is read is published and forgotten: a nursery that holds a few reads spares copying them. */
const youngGenerationMb = 48;

/** The scheduler's side of the relay. */
export class RelayThread implements Service {
  #worker: Worker | null = null;
  #stopping = false;
  /** Of each database; one that has not told of any has none. */
  #lags: number[] = [];
  #caughtUp: (() => void)[] = [];

  constructor(
    private readonly config: SchedulerConfig,
    /** The thread ended by itself: so must the process. */
    private readonly onFatal: (error: unknown) => void,
  ) {}

  async start(): Promise<void> {
    const workerData: RelayThreadData = { config: this.config };
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    this.#worker = worker;
    worker.on('message', (message: FromRelay) => {
      if (message.type === 'lag') this.#onLag(message.database, message.events);
    });
    worker.on('error', this.onFatal);
    worker.on('exit', () => {
      this.#lags = [];
      this.#tellCaughtUp();
      if (!this.#stopping) this.onFatal(new Error('the relay thread has ended'));
    });
    await once(worker, 'message');
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === null || this.#stopping) return;
    this.#stopping = true;
    const gone = once(worker, 'exit');
    this.#tell({ type: 'stop' });
    await gone;
  }

  /** Partitions whose log this process should publish, if nobody else does. */
  want(partitions: readonly number[]): void {
    this.#tell({ type: 'want', partitions });
  }

  /** Something was just committed here. */
  nudge(): void {
    this.#tell({ type: 'nudge' });
  }

  /** Events that are committed and not published yet, as last told. */
  get lag(): number {
    return this.#lags.reduce((sum, events) => sum + events, 0);
  }

  /** Resolves when the relay has come near enough to the end of a database's log for more to be written. */
  async nearEnough(database: number): Promise<void> {
    while ((this.#lags[database] ?? 0) > lagMax)
      await new Promise<void>((resolve) => this.#caughtUp.push(resolve));
  }

  #onLag(database: number, events: number): void {
    this.#lags[database] = events;
    if (events <= lagMax) this.#tellCaughtUp();
  }

  /** Who waits for another database looks, and waits again. */
  #tellCaughtUp(): void {
    const waiting = this.#caughtUp;
    this.#caughtUp = [];
    for (const go of waiting) go();
  }

  #tell(message: ToRelay): void {
    this.#worker?.postMessage(message);
  }
}

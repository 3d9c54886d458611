import type { TimerClientOptions, Timers } from '#client';
import type { HookHandler } from '#hooks';

export type Log = TimerClientOptions['kafka']['log'];

export interface Worker {
  /** Takes nothing new, waits for what runs up to its `stopWaitMs`. */
  stop(): Promise<void>;
}

export interface WorkerSettings {
  readonly stopWaitMs: number;
  readonly parallelism: number;
  /** Ends a start that waits. */
  readonly signal?: AbortSignal;
}

/** What the parts of the library stand on. */
export interface ClusterDeps {
  readonly timers: Timers;
  /** Resolves when due events of the class reach the handler. @throws the signal's reason */
  readonly startWorker: (
    hookClass: string,
    handler: HookHandler,
    settings: WorkerSettings,
  ) => Promise<Worker>;
  readonly log: Log;
}

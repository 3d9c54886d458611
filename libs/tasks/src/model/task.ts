/** Opaque text or bytes, handed to the executor as they came. */
export type TaskContext = string | Uint8Array;

export interface Resource {
  /** Cores and bytes (or whatever units the runners report in); 0 or absent: no demand. */
  readonly cpu?: number;
  readonly memory?: number;
}

export interface TaskOptions {
  /** Runs after the first one that failed; default 0. */
  readonly maxRetryTimes?: number;
  /** Between a failed run and the next (a duration); default 1s. */
  readonly retryInterval?: string;
  /** Before the first run (a duration); default none. */
  readonly delay?: string;
  /** A runner must have each of these labels with this value; case does not count in values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** A runner must have at least so much in all. */
  readonly resource?: Resource;
  /** A runner that is not heard of for so long loses the task (a duration); default 30s. */
  readonly heartbeatTimeout?: string;
  /** How long the completed task stays, and with it its result and its id (a duration); default 24h. */
  readonly retention?: string;
}

/** What a task is: its id is the caller's, and names it once and for all until the retention is over. */
export interface NewTask {
  readonly id: string;
  /** Which kind of runner code does it: letters, digits, `.`, `_`, `-`, or a number. */
  readonly executor: string | number;
  readonly context?: TaskContext;
  readonly options?: TaskOptions;
}

/**
 * - `created`: waits for its time or for a runner (before the first, between two, after a loss)
 * - `running`: a runner has it
 * - `completed`: it has a result, good or bad
 * - `paused`: held until it is resumed
 * - `canceled`: it was cancelled before it had a result
 */
export const taskStatuses = ['created', 'running', 'completed', 'paused', 'canceled'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export interface TaskResult {
  readonly code: 'success' | 'failed';
  /** Why it failed, at most 1,000 characters. */
  readonly error?: string;
  /** What the executor returned, if anything. */
  readonly value?: unknown;
}

export interface TaskProgress {
  readonly percent?: number;
  readonly note?: string;
}

/** A task as it stands. */
export interface Task {
  /** The storage's own id; rises with the moment of creation. */
  readonly taskId: string;
  /** The caller's. */
  readonly id: string;
  readonly executor: string;
  readonly context: TaskContext;
  readonly options: TaskOptions;
  /** Id of the cron task that made it. */
  readonly parent: string | undefined;
  readonly status: TaskStatus;
  /** Who has it, or had it when it was completed. */
  readonly runner: string | undefined;
  /** How often it was given to a runner. 1: the first run. Above: an earlier run may have happened in part or whole. */
  readonly epoch: number;
  readonly lastHeartbeat: Date | undefined;
  readonly progress: TaskProgress | undefined;
  /** Failed runs so far. */
  readonly failures: number;
  readonly lastError: string | undefined;
  readonly result: TaskResult | undefined;
  readonly createdAt: Date;
  readonly completedAt: Date | undefined;
  /** Of the storage: which open event this is about, and the version seen. */
  readonly eventId: string | undefined;
  readonly attempt: number;
  readonly version: number;
}

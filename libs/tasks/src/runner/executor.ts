import type { Logger } from '#kafka';
import type { Task, TaskProgress } from '../model/task.js';

export interface ExecutorContext {
  /**
   * Fires when the task is no longer this runner's (its reason is an `InvalidTaskError`), or the runner stops. Nothing that is
   * done after it counts: stop now.
   */
  readonly signal: AbortSignal;
  /**
   * Tells how far the task is. Heartbeats are sent without it too.
   * @throws InvalidTaskError
   */
  progress(progress: TaskProgress): Promise<void>;
  readonly log: Logger;
}

/**
 * Runs a task. What it returns is kept as the result's value, as JSON of at most 256 KiB; a value that cannot be makes the
 * task a failed one, without another run. What it throws makes the run a failed one. With an epoch above 1 an earlier run
 * may have done the work in part or whole: it must stand that.
 */
export type TaskExecutor = (task: Task, context: ExecutorContext) => unknown;

import type { TimerRecord } from '#contract';
import { type Logger, sleep } from '#kafka';
import { taskError } from '../errors.js';
import type { Task } from '../model/task.js';
import { progressText } from '../model/task-timer.js';
import type { RunnerTimers } from '../ports.js';
import type { RunDeps } from './task-run.js';

/** How a run speaks of its task: commands on the task's timer, each fenced by event, attempt and worker. */
export function answersOf(
  timers: RunnerTimers,
  runner: string,
  { namespace, key }: TimerRecord,
  log: Logger,
): RunDeps {
  const ref = { namespace, key };
  const own = ({ eventId = '', attempt }: Task) => ({ eventId, attempt, worker: runner });
  const said = (answer: Promise<unknown>): Promise<unknown> =>
    answer.catch((error: unknown) => {
      throw taskError(key, error);
    });
  return {
    heartbeat: (task, progress, timeoutMs) => {
      const beat = { ...own(task), ...(progress !== undefined && { progress: progressText(progress) }) };
      return said(timers.heartbeatEvent(ref, beat, { timeoutMs }));
    },
    complete: (task, result) => said(timers.closeTimerEvent(ref, { ...own(task), result })),
    giveBack: (task, how) => said(timers.retryEvent(ref, { ...own(task), ...how })),
    sleep,
    log,
  };
}

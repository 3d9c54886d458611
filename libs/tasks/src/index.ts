// Asynchronous tasks: made once, given to one runner at a time, completed once. A thin library on timers: a task is a timer
// that is due now. May import client, hooks, contract, kafka, timer. Start at README.md, then task-service.ts.
export { Allocation, type AllocationDeps, type AllocationLimits } from './allocator/allocation.js';
export type { Offer } from './allocator/backlog.js';
export {
  type AllocatorLock,
  alone,
  type HeldLock,
  TaskAllocator,
  type TaskAllocatorOptions,
} from './allocator/task-allocator.js';
export { ClaimSender } from './claim-sender.js';
export type { CronTaskChange, NewCronTask } from './cron-tasks.js';
export { InvalidStateError, InvalidTaskError, NotReadyError } from './errors.js';
export { FrameworkSwitch, taskFramework } from './framework-switch.js';
export type { CronTask } from './model/cron-task-record.js';
export * from './model/task.js';
export { defaultTaskNamespace } from './model/task-record.js';
export type { Claim, ClaimPost, RunnerTimers, TaskTimers } from './ports.js';
export * from './query/condition.js';
export type { ExecutorContext, TaskExecutor } from './runner/executor.js';
export { RunnerStopsError } from './runner/task-run.js';
export { TaskRunner, type TaskRunnerOptions } from './runner/task-runner.js';
export { type HeldTask, TaskService, type TaskServiceOptions } from './task-service.js';
export { type HeldService, type TaskCredentials, TaskServiceHolder } from './task-service-holder.js';

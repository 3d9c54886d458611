// Jobs that one process of many runs, once-jobs, and a mutex with a fencing token: thin, on timers. No Nest.
// Start at cluster.ts.
export { Cluster, type ClusterOptions } from './cluster.js';
export { Job, type JobOptions } from './jobs/job.js';
export type { JobCallback, JobRun } from './jobs/job-hook.js';
export {
  type JobMetadata,
  type NextWaitInterval,
  type WaitFunction,
  waitForInterval,
  waitForRoundedInterval,
} from './jobs/wait.js';
export { LockLostError, MutexNotLockedError } from './mutex/errors.js';
export { type Lock, Mutex, type MutexOptions } from './mutex/mutex.js';
export { InvalidKeyError } from './names.js';
export { JobExistsError, PropsTooLargeError, propsBytesMax, SchedulerStateError } from './once/errors.js';
export {
  type JobOnce,
  JobOnceScheduler,
  type OnceCallback,
  type OnceOptions,
  type OnceRun,
  type ScheduledJob,
} from './once/job-once-scheduler.js';

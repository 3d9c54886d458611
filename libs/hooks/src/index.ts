// For services that handle due events: give a handler for each hook class; return closes, throw retries. No Nest here;
// decorators for Nest are in `#hooks/nest`. Start at hook-worker.ts.
export {
  AesGcmCipher,
  type AesGcmKeys,
  type DataCipher,
  SealBrokenError,
  UnknownKeyError,
} from '#contract';
export { GroupProgress } from './group-progress.js';
export type {
  AskAnswer,
  AskHandler,
  DueEvent,
  Hook,
  HookContext,
  HookFactory,
  HookHandler,
  HookOutcome,
  RetryDetails,
  RetryMoment,
} from './handler.js';
export { HandBack, LeaveOpen, RetryLater } from './handler.js';
export type { RunClock } from './hook-run.js';
export { HookRunner, type HookRunnerOptions, type Hooks } from './hook-runner.js';
export { HookWorker, type HookWorkerOptions } from './hook-worker.js';
export type { RunEnd } from './timer-queues.js';

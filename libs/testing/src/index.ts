// What tests need: a clock that moves when told to, and the log without a database. Users test their hooks with it.
// May import any lib. The contract suites are what every store passes: start at contract/subject.ts.
export { InMemoryTimers, type InMemoryTimersOptions } from './client/in-memory-timers.js';
export { ManualClock } from './clock/manual-clock.js';
export { type ApiKeysSubject, apiKeysContract } from './contract/api-keys-contract.js';
export { type BulkSubject, bulkStoreContract } from './contract/bulk-store-contract.js';
export { type BulkWorkerSubject, bulkWorkerContract } from './contract/bulk-worker-contract.js';
export { dueIndexContract } from './contract/due-index-contract.js';
export { expansionContract } from './contract/expansion-contract.js';
export { logFeedContract } from './contract/log-feed-contract.js';
export { type RetentionSubject, retentionContract } from './contract/retention-contract.js';
export { splitSubject } from './contract/split-subject.js';
export type { AgeingSubject, OpenSubject, QueriesSubject, StoreHandle, Subject } from './contract/subject.js';
export { timerLogContract } from './contract/timer-log-contract.js';
export { timerQueriesContract } from './contract/timer-queries-contract.js';
export { contractQuotas } from './contract/timers/quotas.js';
export type { TimersSubject } from './contract/timers/stage.js';
export { type WrongTimer, wrongTimers } from './contract/timers/wrong-timers.js';
export { timersContract } from './contract/timers-contract.js';
export { InMemoryApiKeys } from './memory/in-memory-api-keys.js';
export { InMemoryBulkStore } from './memory/in-memory-bulk-store.js';
export { InMemoryDueIndex } from './memory/in-memory-due-index.js';
export { InMemoryLogFeed } from './memory/in-memory-log-feed.js';
export { InMemoryTimerLog, type LogFault } from './memory/in-memory-timer-log.js';
export { InMemoryTimerQueries } from './memory/in-memory-timer-queries.js';
export { type InMemoryStoreSettings, InMemoryTimerStore } from './memory/in-memory-timer-store.js';
export type { Violation } from './simulation/check/violation.js';
export { type FeedBehind, feedBehind } from './simulation/feed-behind.js';
export type { Plan } from './simulation/plan.js';
export { Random } from './simulation/random.js';
export { type RollingRestart, rollingRestart } from './simulation/rolling-restart.js';
export {
  type SimulationResult,
  type SimulationSettings,
  simulate,
} from './simulation/simulate.js';
export { type FaultName, faultNames } from './simulation/storm.js';
export type { Wraps } from './simulation/world.js';

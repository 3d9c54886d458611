// Use cases (handle commands, fire what is due, relay the log) and the ports they need. No Kafka, no SQL, no Nest.
// Start at log/timer-log.ts: the one way to write.
export * from './log/due-index.js';
export * from './log/errors.js';
export * from './log/log-feed.js';
export * from './log/timer-log.js';

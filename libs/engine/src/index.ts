// Use cases (handle commands, fire what is due, relay the log) and the ports they need. No Kafka, no SQL, no Nest.
// Start at log/timer-log.ts: the one way to write.
export * from './bulk/bulk.js';
export * from './bulk/bulk-commands.js';
export * from './bulk/bulk-worker.js';
export * from './bulk/preview-bulk.js';
export * from './commands/command-service.js';
export * from './commands/decide-all.js';
export * from './commands/envelope.js';
export * from './fire/database-clock.js';
export * from './fire/decide-due.js';
export * from './fire/due-heap.js';
export * from './fire/emission.js';
export * from './fire/fire-service.js';
export * from './group-commit.js';
export * from './hand-over.js';
export * from './log/due-index.js';
export * from './log/errors.js';
export * from './log/log-feed.js';
export * from './log/timer-log.js';
export * from './ports.js';
export * from './queries/command-outcomes.js';
export * from './queries/cursor.js';
export * from './queries/natural-order.js';
export * from './queries/past.js';
export * from './queries/query-unavailable.js';
export * from './queries/timer-queries.js';
export * from './relay/relay.js';

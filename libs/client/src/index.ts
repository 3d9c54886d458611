// For services that make and change timers: commands over Kafka, each with its awaited outcome; queries by HTTP; an outbox
// for commands that belong to a transaction of yours; the pure functions that know schedules. No Nest here; a module for Nest
// is in `#client/nest`. Start at timers.ts.

export {
  AesGcmCipher,
  type AesGcmKeys,
  type DataCipher,
  SealBrokenError,
  UnknownKeyError,
} from '#contract';
export {
  type ChangePreview,
  createSchedEventPolicy,
  type HistoryFact,
  type NextEventTime,
  nextEventTime,
  type Preview,
  type PreviewedFire,
  type PreviewRequest,
  parseInstant,
  preview,
  previewChange,
  type ScheduleProgress,
  type ScheduleSpec,
  specFrom,
  type TimerInput,
  validateTimeZone,
  type WhyAnswer,
  type WhyEntry,
  type WhyRequest,
  whyBetween,
} from '#timer';
export { type Body, type Check, defaultNamespace, type TimerRef } from './command-of.js';
export { type AskOptions, CommandSender, type CommandSenderOptions } from './command-sender.js';
export * from './errors.js';
export { EventTail, type EventTailOptions, type TailedEvent } from './event-tail.js';
export type { ApiOptions } from './http/api-connection.js';
export * from './http/problems.js';
export { Outbox, type OutboxCallOptions, OutboxCommands, type OutboxOptions } from './outbox/outbox.js';
export { OutboxShipper, type OutboxShipperOptions } from './outbox/outbox-shipper.js';
export {
  type QueryRunnerSource,
  type SqlConnection,
  type SqlPool,
  type SqlTransaction,
  typeOrmPool,
} from './outbox/sql.js';
export { defaultOutboxTable, outboxTableSql } from './outbox/table.js';
export { ownEvent } from './own-event.js';
export type { Commands, Reads, TimerPorts } from './ports.js';
export { TimerCalls } from './timer-calls.js';
export { TimerClient, type TimerClientOptions } from './timer-client.js';
export type * from './timers.js';

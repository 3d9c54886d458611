// Every message of the wire: one zod schema each, topics, error codes, CloudEvents headers. Imports the timer's types.
// Start at commands.ts for what comes in, due-event.ts and feed.ts for what goes out.
export { asyncApiDocument } from './asyncapi.js';
export { eventTypePrefix } from './cloud-events.js';
export { type CommandRecord, commandRecord } from './command-record.js';
export { type CommandType, type CommandWire, commandSchemas } from './commands.js';
export {
  conditionWire,
  type ParsedCondition,
  parseCondition,
  type TimerConditionWire,
  timerStatuses,
} from './condition.js';
export { declaredFields, fixedFields, isAsDeclared } from './declared-fields.js';
export {
  type DueEvent,
  type DueKind,
  deadEvent,
  deadRecord,
  dueHeaders,
  dueRecord,
  dueTypes,
  type ParsedDue,
  parseDueRecord,
  type WireRecord,
} from './due-event.js';
export { AesGcmCipher, type AesGcmKeys } from './encryption/aes-gcm-cipher.js';
export { type DataCipher, SealBrokenError, UnknownKeyError } from './encryption/data-cipher.js';
export { openFields, sealFields } from './encryption/sealed-fields.js';
export { type ErrorCode, errorCodes } from './error-codes.js';
export type { EventJson } from './event-schemas.js';
export { explainMisfit, type Misfit } from './explain.js';
export { type FeedClock, type FeedEvent, feedClockHeaders, feedRecord, parseFeedClock } from './feed.js';
export { momentText } from './fields.js';
export { followUpRecord } from './follow-up.js';
export * from './http/index.js';
export {
  type Direction,
  type JsonSchema,
  type MessageSchema,
  messageJsonSchema,
  messageSchemas,
} from './json-schemas.js';
export { type CommandTarget, type ParsedCommand, parseCommand } from './parse-command.js';
export { quotaVariables } from './quotas.js';
export { type LeaseRecord, type TimerRecord, timerRecord } from './record.js';
export { type RejectedCommand, rejectionHeaders } from './rejected.js';
export {
  type AppliedTimer,
  acceptedReply,
  appliedReply,
  claimantOf,
  isWholeTimer,
  parseReply,
  type Reply,
  refusedReply,
} from './replies.js';
export { type Supposed, supposedChange, supposedTimer } from './supposed.js';
export type { TimerChangeWire, TimerInputWire } from './timer-input.js';
export type { ReadCommand } from './to-domain.js';
export {
  commandBytesMax,
  defaultGroupIds,
  defaultTopicPrefix,
  emittedBytesMax,
  emittedTopic,
  rejectedBytesMax,
  type Topics,
  topicsOf,
} from './topics.js';

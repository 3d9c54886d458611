// For services that make and change timers: typed commands over Kafka, each with its awaited answer. No Nest.

export {
  type ChangePreview,
  createSchedEventPolicy,
  type HistoryFact,
  type NextEventTime,
  nextEventTime,
  type Preview,
  type PreviewedFire,
  type PreviewRequest,
  preview,
  previewChange,
  type ScheduleProgress,
  type ScheduleSpec,
  validateTimeZone,
  type WhyAnswer,
  type WhyEntry,
  type WhyRequest,
  whyBetween,
} from '#timer';
export { type AskOptions, CommandSender, type CommandSenderOptions } from './command-sender.js';
export * from './errors.js';
export {
  type CallOptions,
  type ChangeOptions,
  type NewTimer,
  TimerClient,
  type TimerClientOptions,
  type TimerRef,
} from './timer-client.js';

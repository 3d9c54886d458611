// For services that make and change timers: typed commands over Kafka, each with its awaited answer. No Nest.
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

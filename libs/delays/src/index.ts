// Delayed events: something happens at a time, is tried again when it fails, and can be called off. A thin library on
// client and hooks: each event is a ONCE timer with a retry policy. Start at delay-queue.ts.
export { type OpenDelayQueueOptions, openDelayQueue } from './carillon/open.js';
export {
  type DelayConfig,
  InvalidDelayConfig,
  loadDelayConfig,
  openDelayQueueFromConfig,
  parseDelayConfig,
} from './config.js';
export { DelayQueue, type DelayQueueOptions, type NewEventOptions } from './delay-queue.js';
export { DelayedEvent, type EventData, type RunContext } from './event.js';
export { InMemoryDelays } from './memory/in-memory-delays.js';
export type {
  CancelAnswer,
  DelayConsumer,
  DelayStore,
  EventToSave,
  GivenUp,
  GivenUpList,
  RunEvent,
  Stats,
} from './ports.js';
export {
  cancelled,
  extended,
  failed,
  ok,
  retry,
  statusText,
  type Trigger,
  type TriggerAnswer,
  type Verdict,
} from './verdict.js';

// The timer: one aggregate, pure. Imports nothing of ours, only the cron parser and Temporal.
// Start at decider.ts for the shape, event.ts for the facts, state.ts for what they fold to.
export * from './brand.js';
export * from './command.js';
export * from './decider.js';
export * from './event.js';
export * from './rejection.js';
export * from './spec.js';
export * from './state.js';
export * from './event-json.js';

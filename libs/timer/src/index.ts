// The timer: one aggregate, pure. Imports nothing of ours, only Temporal.
// Start at decider.ts for the shape, event.ts for the facts, state.ts for what they fold to.
export * from './brand.js';
export * from './command.js';
export type { TimerCondition } from './condition/condition.js';
export { conditionDepthMax, conditionPartsMax, matches } from './condition/matches.js';
export { decide } from './decide.js';
export * from './decider.js';
export * from './event.js';
export * from './event-json.js';
export { evolve, wholeState } from './evolve.js';
export * from './identity/ids.js';
export * from './identity/slot.js';
export { answerProblem } from './life/answer-content.js';
export { isUnclaimed } from './life/claim.js';
export * from './life/defaults.js';
export { isHeld } from './life/lease.js';
export { isSpawning } from './life/room.js';
export { childKeyOf, createChild } from './life/spawn.js';
export { isHookClass, payloadBytesMax } from './life/validate.js';
export { momentText } from './moment-text.js';
export * from './preview/next-event-time.js';
export { preview } from './preview/preview.js';
export * from './preview/preview-change.js';
export * from './preview/previewed.js';
export * from './rejection.js';
export { durationMs, parseDuration } from './schedule/duration.js';
export {
  createSchedEventPolicy,
  type Progress,
  parseInstant,
  type SchedEventPolicy,
} from './schedule/policy.js';
export { validateTimeZone } from './schedule/zone.js';
export * from './spec.js';
export * from './state.js';
export { traceOfFiring } from './trace.js';
export * from './why/answer.js';
export { whyBetween } from './why/why.js';
export * from './zone-data/zone-data.js';

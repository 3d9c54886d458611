// Expiration with pause: what is not renewed in time is closed, once, and never while an update is under way. A thin
// library on client and hooks: each id is a ONCE timer whose close must be claimed. Start at expirations.ts.
export type { Close, CloseContext, ClosedEntity, Closer } from './closer.js';
export { earliestOf } from './earliest.js';
export {
  type CreateOptions,
  Expirations,
  type ExpirationsOptions,
  openExpirations,
} from './expirations.js';
export { KeyedQueue, ReentrantCallError } from './keyed-queue.js';
export { ClosingError, type ExpirationPolicies } from './lives.js';
export type { ExpirationParts } from './parts.js';
export type { PauseAnswer } from './pause-answer.js';
export type { Renewal, UpdateOptions } from './updates.js';

import type { EventId } from '../brand.js';
import { durationMs } from '../schedule/duration.js';
import { unitFraction } from '../schedule/plan.js';
import type { RetryPolicy } from '../spec.js';

/**
 * Wait after a failed attempt (1, 2, …), ms: `min`, doubled with each attempt, at most `max`; with jitter between half
 * and the whole of it ("equal jitter"). The jitter derives from event and attempt, so deciding again decides the same.
 */
export function backoffMs(retry: RetryPolicy, eventId: EventId, attempt: number): number {
  const [min, max] = [durationMs(retry.min), durationMs(retry.max)];
  // beyond 2^52 a double would lose whole milliseconds, and `max` was reached long before
  const factor = retry.backoff === 'fixed' ? 1 : 2 ** Math.min(attempt - 1, 52);
  const wait = Math.min(min * factor, max);
  return retry.jitter ? Math.ceil(wait / 2 + (wait / 2) * unitFraction(`${eventId}/${attempt}`)) : wait;
}

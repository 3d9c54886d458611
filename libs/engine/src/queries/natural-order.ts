import type { TimerCondition } from '#timer';
import type { TimerOrder } from './timer-queries.js';

/**
 * The order in which a store need not sort: its index for what the condition asks gives the timers like this. Any other
 * order is answered too, and costs more the more timers match.
 */
export function naturalOrder({ key, keyPrefix, namespace, dueFrom, dueBefore }: TimerCondition): TimerOrder {
  if (dueFrom !== undefined || dueBefore !== undefined) return 'nextFireTime';
  if (key !== undefined) return 'id';
  return namespace !== undefined || keyPrefix !== undefined ? 'key' : 'id';
}

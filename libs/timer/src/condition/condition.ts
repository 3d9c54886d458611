import type { EpochMs, TimerId } from '../brand.js';
import type { TimerStatus } from '../state.js';

/**
 * Which timers: every part that is there must hold, and an empty condition holds for all. A part that is set to something
 * empty is not the same as one that is absent: `key: ''` holds for none, `keyPrefix: ''` for all, `status: []` for none,
 * `tags: []` for all, `and: []` for all, `or: []` for none.
 */
export interface TimerCondition {
  readonly id?: TimerId;
  readonly namespace?: string;
  readonly key?: string;
  /** Plain text: `_` and `%` stand for themselves. */
  readonly keyPrefix?: string;
  /** The timer has all of these. */
  readonly tags?: readonly string[];
  readonly hookClass?: string;
  /** The timer was spawned by this one. */
  readonly parentId?: TimerId;
  /** The timer stands at one of these. */
  readonly status?: readonly TimerStatus[];
  readonly enable?: boolean;
  /** The last event of the timer was given up and not redriven since; false: that is not so. */
  readonly givenUp?: boolean;
  /** `nextFireAt` lies at this moment or after it; a timer without one does not match. */
  readonly dueFrom?: EpochMs;
  /** `nextFireAt` lies before this moment; a timer without one does not match. */
  readonly dueBefore?: EpochMs;
  readonly and?: readonly TimerCondition[];
  readonly or?: readonly TimerCondition[];
  readonly not?: TimerCondition;
}

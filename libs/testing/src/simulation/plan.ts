import type { Random } from './random.js';

/** What a run is made of besides its storm. */
export interface Plan {
  /** That hold the timers together, by slot. */
  readonly databases: 1 | 2;
  /** Days of the log are dropped and ended timers put away, a day being a second or two. */
  readonly retains: boolean;
  /** The log is spread over more partitions under load. */
  readonly expands: boolean;
}

export const plain: Plan = { databases: 1, retains: false, expands: false };

export function anyPlan(random: Random): Plan {
  return {
    databases: random.chance(0.25) ? 2 : 1,
    retains: random.chance(0.35),
    expands: random.chance(0.25),
  };
}

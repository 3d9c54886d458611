import type { EpochMs } from '../brand.js';
import { type PlannedSpec, planNext } from '../schedule/plan.js';
import { createSchedEventPolicy, type Progress } from '../schedule/policy.js';
import type { TimerSpec } from '../spec.js';
import type { EndedReason } from '../state.js';

/** Where a schedule stands; what is left out was never. `createTime` counts for timers that never ran. */
export interface ScheduleProgress extends Partial<Omit<Progress, 'createTime' | 'startAt'>> {
  readonly createTime: EpochMs;
  /** Events triggered so far, for `maxFires`. */
  readonly fires?: number;
}

/** What a schedule is computed from: a whole spec fits. */
export type ScheduleSpec = PlannedSpec & Pick<TimerSpec, 'enable'>;

export type NextEventTime =
  | { readonly ok: true; readonly at: EpochMs; readonly none: null }
  /** None: disabled, or nothing is left to come. */
  | { readonly ok: true; readonly at: null; readonly none: 'disabled' | EndedReason }
  | { readonly ok: false; readonly message: string };

/**
 * The next tick of a schedule, strictly after the later of watermark and last tick; jitter is not in it. A disabled
 * timer has none, and nothing else of it is looked at: an expression that makes no sense is an error of enabled ones.
 */
export function nextEventTime(spec: ScheduleSpec, progress: ScheduleProgress): NextEventTime {
  if (!spec.enable) return { ok: true, at: null, none: 'disabled' };
  const reading = createSchedEventPolicy(spec.schedPolicyType, spec.schedPolicyExpr, spec.timeZone, spec.dst);
  if (!reading.ok) return reading;
  const { createTime, watermark = null, lastTick = null, closedAt = null, fires = 0 } = progress;
  const plan = planNext(spec, { createTime, startAt: spec.startAt, watermark, lastTick, closedAt }, fires);
  return plan.tick === null
    ? { ok: true, at: null, none: plan.ended }
    : { ok: true, at: plan.tick, none: null };
}

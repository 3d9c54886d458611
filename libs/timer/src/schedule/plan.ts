import type { EpochMs } from '../brand.js';
import type { TimerSpec } from '../spec.js';
import type { EndedReason, TimerState } from '../state.js';
import { durationMs } from './duration.js';
import { exclusionsOf } from './exclude.js';
import { createSchedEventPolicy, type Progress, type SchedEventPolicy } from './policy.js';

/** The parts of a spec that the next tick is computed from. */
export type PlannedSpec = Pick<
  TimerSpec,
  'schedPolicyType' | 'schedPolicyExpr' | 'timeZone' | 'dst' | 'startAt' | 'endAt' | 'maxFires' | 'exclude'
>;

/** The schedule of a spec that was validated when it was stored. */
export function policyOf(spec: PlannedSpec): SchedEventPolicy {
  const reading = createSchedEventPolicy(spec.schedPolicyType, spec.schedPolicyExpr, spec.timeZone, spec.dst);
  if (!reading.ok) throw new Error(reading.message);
  return reading.policy;
}

export type Plan =
  | { readonly tick: EpochMs; readonly ended: null }
  | { readonly tick: null; readonly ended: EndedReason };

/** The next tick within the timer's limits, or why there is none. */
export function planNext(spec: PlannedSpec, progress: Progress, fires: number): Plan {
  if (spec.maxFires !== null && fires >= spec.maxFires) return { tick: null, ended: 'max-fires' };
  const policy = policyOf(spec);
  return limited(spec, policy, allowed(spec, policy, policy.nextTick(progress), progress));
}

/** The tick itself, or the first after it whose date is not excluded. */
export function allowed(
  spec: PlannedSpec,
  policy: SchedEventPolicy,
  tick: EpochMs | null,
  progress: Progress,
): EpochMs | null {
  const exclusions = exclusionsOf(spec.exclude, policy.zone);
  if (exclusions === null) return tick;
  let next = tick;
  while (next !== null) {
    const stretch = exclusions.stretchAt(next);
    if (stretch === null) return next;
    next = tickFrom(policy, next, stretch.toMs, progress);
  }
  return null;
}

/** The first tick at a moment or after it, counted on from a tick before it. */
function tickFrom(
  { intervalMs, tickAfter }: SchedEventPolicy,
  tick: EpochMs,
  fromMs: number,
  progress: Progress,
): EpochMs | null {
  if (intervalMs !== null) return (tick + Math.ceil((fromMs - tick) / intervalMs) * intervalMs) as EpochMs;
  return tickAfter((fromMs - 1) as EpochMs, progress);
}

/**
 * What comes after ticks that were dropped, the last of them named. Where only a close tells, the interval goes on from the tick, to
 * the first whose moment to fire is still to come.
 */
export function planAfterDropped(
  spec: TimerSpec,
  progress: Progress & Jittered,
  last: EpochMs,
  now: EpochMs,
): Plan {
  const policy = policyOf(spec);
  const { intervalMs } = policy;
  const onTimeAt = now - jitterShareMs(progress);
  const counted =
    intervalMs === null
      ? null
      : ((last + (Math.max(0, Math.floor((onTimeAt - last) / intervalMs)) + 1) * intervalMs) as EpochMs);
  const next = policy.tickAfter(last, progress) ?? counted;
  return limited(spec, policy, allowed(spec, policy, next, progress));
}

export function limited(spec: PlannedSpec, policy: SchedEventPolicy, tick: EpochMs | null): Plan {
  if (tick === null) return { tick: null, ended: policy.type === 'CRON' ? 'no-next-time' : 'done' };
  if (spec.endAt !== null && tick > spec.endAt) return { tick: null, ended: 'end-at' };
  return { tick, ended: null };
}

/** Some ticks are made up for one by one: a close without a watermark leaves it at the tick, not where the event began. */
export const makesUpForAll = ({ missed }: Pick<TimerSpec, 'missed'>): boolean =>
  Object.values(missed).some(({ policy }) => policy === 'all');

type Jittered = Pick<TimerState, 'id' | 'spec' | 'fires'>;

/**
 * How long after its planned tick a timer fires, ms: its own share of the jitter, the same for every tick, so that ticks keep their
 * distance. An interval that counts from where its last event began has its share in there already.
 */
export function jitterShareMs({ id, spec, fires }: Jittered): number {
  if (spec.jitter === null) return 0;
  const countsFromStart =
    spec.schedPolicyType === 'INTERVAL' && spec.startAt === null && !makesUpForAll(spec);
  return countsFromStart && fires > 0 ? 0 : Math.floor(unitFraction(id) * durationMs(spec.jitter));
}

/** When a planned tick is to fire; lateness counts from here. */
export const fireMoment = (state: Jittered, tick: EpochMs): EpochMs =>
  (tick + jitterShareMs(state)) as EpochMs;

/** A number in [0, 1) that derives from a text: FNV-1a, 32 bits. Spreads; proves nothing. */
export function unitFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  // FNV leaves the last characters in the low bits only; one more mixing round spreads them over all
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 0x1_0000_0000;
}

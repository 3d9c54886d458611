import { type EpochMs, later, laterBy } from '../brand.js';
import { durationMs } from '../schedule/duration.js';
import { fireMoment } from '../schedule/plan.js';
import type { TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';

/** When a timer without an open event must be looked at next: the one clock, whatever it is for. */
export function idleClock(state: Omit<TimerState, 'open' | 'nextFireAt'>, now: EpochMs): EpochMs | null {
  const { spec, manual, pausedAt, pausedBy, fault, nextTick } = state;
  if (fault !== null) return null;
  if (pausedAt !== null) {
    // counted from the newest hold: each of them may last that long
    const since = pausedBy.at(-1)?.at ?? pausedAt;
    return spec.maxPause === null ? null : laterBy(since, durationMs(spec.maxPause));
  }
  if (!spec.enable) return null;
  if (manual !== null && !manual.processed) return later(manual.requestedAt, now);
  if (nextTick !== null) return fireMoment(state.id, spec, nextTick);
  return state.endedReason === null ? null : keptUntil(spec, state.endedAt ?? now);
}

/** When a timer that ended then deletes itself; null: it stays. */
export const keptUntil = ({ keepFor }: TimerSpec, endedAt: EpochMs): EpochMs | null =>
  keepFor === undefined || keepFor === null ? null : laterBy(endedAt, durationMs(keepFor));

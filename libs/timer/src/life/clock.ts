import { type EpochMs, later, laterBy } from '../brand.js';
import { durationMs } from '../schedule/duration.js';
import { fireMoment } from '../schedule/plan.js';
import type { TimerState } from '../state.js';

/** When a timer without an open event must be looked at next: the one clock, whatever it is for. */
export function idleClock(state: Omit<TimerState, 'open' | 'nextFireAt'>, now: EpochMs): EpochMs | null {
  const { spec, manual, pausedAt, fault, nextTick } = state;
  if (fault !== null) return null;
  if (pausedAt !== null) return spec.maxPause === null ? null : laterBy(pausedAt, durationMs(spec.maxPause));
  if (!spec.enable) return null;
  if (manual !== null && !manual.processed) return later(manual.requestedAt, now);
  return nextTick === null ? null : fireMoment(state.id, spec, nextTick);
}

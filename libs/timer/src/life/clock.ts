import { type EpochMs, later, laterBy } from '../brand.js';
import { durationMs } from '../schedule/duration.js';
import { fireMoment } from '../schedule/plan.js';
import type { TimerState } from '../state.js';
import { hasRoom } from './room.js';

/** When a timer without an open event must be looked at next: the one clock, whatever it is for. */
export function idleClock(state: Omit<TimerState, 'open' | 'nextFireAt'>, now: EpochMs): EpochMs | null {
  const { spec, manual, pausedAt, pausedBy, fault, nextTick, waitingTick } = state;
  if (fault !== null) return null;
  if (pausedAt !== null) {
    // counted from the newest hold: each of them may last that long
    const since = pausedBy.at(-1)?.at ?? pausedAt;
    return spec.maxPause === null ? null : laterBy(since, durationMs(spec.maxPause));
  }
  if (!spec.enable) return null;
  if (manual !== null && !manual.processed) return later(manual.requestedAt, now);
  // due at once: a child has ended, or nothing held it
  if (waitingTick !== null && hasRoom(state)) return waitingTick;
  if (nextTick !== null) return fireMoment(state, nextTick);
  return state.endedReason === null ? null : keptUntil(state, state.endedAt ?? now);
}

/** When a timer that ended then deletes itself; null: it stays. */
export function keptUntil(
  { spec: { keepFor }, lease }: Pick<TimerState, 'spec' | 'lease'>,
  endedAt: EpochMs,
): EpochMs | null {
  if (keepFor === undefined || keepFor === null) return null;
  // fencing tokens rise for ever: what was leased is never deleted
  return lease === null ? laterBy(endedAt, durationMs(keepFor)) : null;
}

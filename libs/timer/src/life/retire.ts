import type { EpochMs } from '../brand.js';
import type { ArchiveTimer } from '../command.js';
import type { Decision } from '../decider.js';
import type { TimerState } from '../state.js';
import { keptUntil } from './clock.js';
import { accept } from './decision.js';
import { parentOf } from './replan.js';

// What retention does: a state written down whole where the log before it goes, and timers that ended long ago put away.

/** Nothing changes but the version. */
export const snapshot = (state: TimerState, now: EpochMs): Decision =>
  accept({ type: 'TimerSnapshotted', at: now, nextFireAt: state.nextFireAt, state });

/** Only what is over for good and has no time of its own: `keepFor` says when a timer goes, and a leased one never does. */
export function archive(state: TimerState, { endedBefore }: ArchiveTimer, now: EpochMs): Decision {
  const { spec, endedReason, endedAt, open, children, lease } = state;
  const isOver = endedReason !== null && open === null && children.length === 0;
  if (!isOver || endedAt === undefined || endedAt >= endedBefore) return accept();
  if (lease !== null || keptUntil(state, endedAt) !== null) return accept();
  return accept({ type: 'TimerDeleted', at: now, nextFireAt: null, archived: true, ...parentOf(spec) });
}

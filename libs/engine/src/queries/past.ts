import { evolve, type RecordedEvent, type TimerState } from '#timer';
import type { PastState } from './timer-queries.js';

/** What a timer's events, oldest first, up to some point fold to. */
export interface Fold {
  readonly state: TimerState | null;
  /** A creation or a snapshot was among them; without one nothing can be said of the state. */
  readonly isGrounded: boolean;
  /** 0: there were none. */
  readonly lastVersion: number;
}

export const noFold: Fold = Object.freeze({ state: null, isGrounded: false, lastVersion: 0 });

/** Goes on from where a fold stands: a long history is folded page by page. */
export function foldOn(fold: Fold, events: readonly RecordedEvent[]): Fold {
  let { state, isGrounded, lastVersion } = fold;
  for (const recorded of events) {
    const { type } = recorded.event;
    isGrounded ||= type === 'TimerCreated' || type === 'TimerSnapshotted';
    if (isGrounded) state = evolve(state, recorded);
    lastVersion = recorded.version;
  }
  return { state, isGrounded, lastVersion };
}

/** @param first the oldest event of the timer that the log still has, whatever was asked for; null: none */
export function pastOf(fold: Fold, first: RecordedEvent | null): PastState {
  const isBeforeTheLog = fold.lastVersion === 0 && first !== null && first.event.type !== 'TimerCreated';
  if (isBeforeTheLog || (fold.lastVersion > 0 && !fold.isGrounded)) return { kind: 'expired' };
  return fold.state === null ? { kind: 'absent' } : { kind: 'state', state: fold.state };
}

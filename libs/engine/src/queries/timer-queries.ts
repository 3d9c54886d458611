import type { CommandId, EpochMs, TimerCondition, TimerEvent, TimerId, TimerState } from '#timer';
import type { EventMeta } from '../log/timer-log.js';

/** Orders that an index serves; ties are broken by the id, so a page boundary is stable. */
export type TimerOrder = 'id' | 'key' | 'nextFireTime';

export interface PageRequest {
  readonly order: TimerOrder;
  /** At most this many, 1 to 1,000. */
  readonly limit: number;
  /** What `next` of the page before it said; null: the first page. */
  readonly after: string | null;
}

export interface TimerPage {
  readonly timers: readonly TimerState[];
  /** Where the next page begins; null: this is the last one. Opaque, and good for this condition and order only. */
  readonly next: string | null;
}

export interface TimerCount {
  readonly count: number;
  /** False: counting stopped at the bound, there are at least so many. */
  readonly isExact: boolean;
}

/** One fact of a timer's history, with who did it. */
export interface HistoryEntry {
  readonly version: number;
  readonly recordedAt: EpochMs;
  readonly commandId: CommandId | null;
  readonly event: TimerEvent;
  readonly meta: EventMeta;
}

/** What a timer was at a moment or a version. `expired`: its log does not reach back that far any more. */
export type PastState =
  | { readonly kind: 'state'; readonly state: TimerState }
  | { readonly kind: 'absent' }
  | { readonly kind: 'expired' };

/** A cursor that this query never gave out. */
export class InvalidCursorError extends Error {
  readonly code = 'invalid-cursor';
  constructor() {
    super('this cursor belongs to another query, or is damaged: begin again without one');
    this.name = 'InvalidCursorError';
  }
}

/** Reads for people and programs: none of them locks, and each is bounded. */
export interface TimerQueries {
  byId(timerId: TimerId): Promise<TimerState | null>;
  byKey(namespace: string, key: string): Promise<TimerState | null>;
  /** @throws InvalidCursorError */
  list(condition: TimerCondition, page: PageRequest): Promise<TimerPage>;
  /** Counts up to `max`. */
  count(condition: TimerCondition, max: number): Promise<TimerCount>;
  /** Events after a version, oldest first, at most `limit`; empty for a timer that never was. */
  history(timerId: TimerId, afterVersion: number, limit: number): Promise<readonly HistoryEntry[]>;
  /** Events recorded within [from, to), oldest first, at most `limit`. */
  historyBetween(
    timerId: TimerId,
    from: EpochMs,
    to: EpochMs,
    limit: number,
  ): Promise<readonly HistoryEntry[]>;
  stateAtVersion(timerId: TimerId, version: number): Promise<PastState>;
  stateAtMoment(timerId: TimerId, at: EpochMs): Promise<PastState>;
  /** The id of the last timer that had this name, also after it was deleted, as long as the log knows it. */
  lastIdOf(namespace: string, key: string): Promise<TimerId | null>;
}

import type { CommandId, EpochMs, TimerCondition, TimerEvent, TimerId, TimerState } from '#timer';
import type { EventMeta } from '../log/timer-log.js';

/**
 * Each is total, so a page boundary is stable: the same key is in the order of its namespaces, the same moment in the order
 * of the ids. Text is in the order of its code points; timers without a next time come last.
 */
export type TimerOrder = 'id' | 'key' | 'nextFireTime';

export const pageLimitMax = 1_000;
/**
 * Of specs, summaries and payloads, or of events, in one page: the one that passes it is the last, so a page is never
 * empty for it and at most one timer larger.
 */
export const pageBytesMax = 4 * 1024 * 1024;

export interface PageRequest {
  /** Absent: the order in which an index gives this condition, see `naturalOrder`. */
  readonly order?: TimerOrder;
  /** At most this many, 1 to `pageLimitMax`; fewer come where they are large, see `pageBytesMax`. */
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

/** Which part of a history: what is absent does not bound it. */
export interface HistoryRange {
  readonly afterVersion?: number;
  /** Recorded at this moment or after it. */
  readonly from?: EpochMs;
  /** Recorded before this moment. */
  readonly before?: EpochMs;
}

export interface HistoryPage {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  /** More lie in the range: ask again after the last version. */
  readonly hasMore: boolean;
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
  /** Also one that was archived, as it was then: no name leads to it, and no command reaches it. */
  byId(timerId: TimerId): Promise<TimerState | null>;
  byKey(namespace: string, key: string): Promise<TimerState | null>;
  /** @throws InvalidCursorError */
  list(condition: TimerCondition, page: PageRequest): Promise<TimerPage>;
  /** Counts up to `max`. */
  count(condition: TimerCondition, max: number): Promise<TimerCount>;
  /** At most `limit` events of a timer's history; none for a timer that never was. */
  history(timerId: TimerId, range: HistoryRange, limit: number): Promise<HistoryPage>;
  stateAtVersion(timerId: TimerId, version: number): Promise<PastState>;
  /** As it was when everything recorded at this moment or before it had been written. */
  stateAtMoment(timerId: TimerId, at: EpochMs): Promise<PastState>;
  /** The id of the last timer that had this name, also after it was deleted, as long as the log knows it. */
  lastIdOf(namespace: string, key: string): Promise<TimerId | null>;
}

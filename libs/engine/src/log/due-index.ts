import type { EpochMs, TimerId, TimerState } from '#timer';
import type { EmissionId } from './timer-log.js';

/** What the heap needs of a timer. */
export interface ArmedTimer {
  readonly timerId: TimerId;
  readonly slot: number;
  readonly version: number;
  readonly dueAt: EpochMs;
}

/** A batch that was written and whose acknowledgement by Kafka is not on record. */
export interface PendingEmission {
  readonly id: EmissionId;
  /** How long ago it was written, by the database's clock. */
  readonly ageMs: number;
  readonly entries: readonly PendingEntry[];
}
export interface PendingEntry {
  readonly timerId: TimerId;
  readonly version: number;
  /**
   * The timer as it is now, while the event is open in the attempt that was to be told of; of a dead letter, as it was
   * right after. Null: the emission is void, since the event was closed or went on to another attempt meanwhile (a dead
   * letter is never void).
   */
  readonly state: TimerState | null;
  /** The state right before, for a dead letter: what was given up. */
  readonly before: TimerState | null;
}

/** What the fire service reads, and the leases of what it owes; no read locks. */
export interface DueIndex {
  now(): Promise<EpochMs>;
  /**
   * Timers of these slots that are due later than `after` (default: of any time before too) and up to `until`, the nearest of each
   * slot first, at most `perSlotMax` a slot. `completeUntil` is the moment up to which the answer is complete.
   */
  armedUntil(
    slots: readonly number[],
    until: EpochMs,
    perSlotMax: number,
    after?: EpochMs,
  ): Promise<{ readonly timers: readonly ArmedTimer[]; readonly completeUntil: EpochMs }>;
  /**
   * Timers of any slot that are overdue by more than `byMs` and not waiting for an emission to be acknowledged, most overdue first, at
   * most `max`; of each slot at most twice its share of that, which bounds what is read. Slots in which everything waits may count as well:
   * then there are fewer than `max` at a time, though more are overdue.
   */
  overdue(byMs: number, max: number): Promise<readonly ArmedTimer[]>;
  /**
   * Takes the pending emissions older than `olderThanMs` for `leaseMs`; nobody else gets them meanwhile. First those that nobody has
   * taken yet, the oldest first, then those whose lease ended first: what is refused again and again stands in nobody's way.
   */
  claimPendingEmissions(
    olderThanMs: number,
    leaseMs: number,
    max: number,
  ): Promise<readonly PendingEmission[]>;
  /** Nobody gets this pending emission for `forMs` from now. */
  postponeEmission(id: EmissionId, forMs: number): Promise<void>;
}

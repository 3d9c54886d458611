import type { EpochMs } from '#timer';
import type { Emission } from './emission.js';

/** For metrics and tests. */
export interface FireObserver {
  /** Kafka has acknowledged them; when, by the database's clock. */
  emitted?(emissions: readonly Emission[], acknowledgedAt: EpochMs): void;
  loaded?(slots: number, timers: number, tookMs: number): void;
  tookOver?(takeover: Takeover): void;
}

/** Slots that became this instance's, once all that is due soon in them was read, however many reads that took. */
export interface Takeover {
  readonly slots: number;
  /** Timers that were read for them. */
  readonly rows: number;
  /** From the switch to the end of the last read. */
  readonly loadMs: number;
  /** How overdue the most overdue of these was when the first read had ended; 0: none was. */
  readonly latenessMs: number;
}

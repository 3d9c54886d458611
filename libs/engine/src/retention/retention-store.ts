import type { EpochMs, TimerId } from '#timer';

/** How long what is kept; 0 days: for ever. */
export interface RetentionPolicy {
  /** Of the log, counted in whole days of UTC. */
  readonly logDays: number;
  /** Of timers that have ended and say nothing of their own with `keepFor`. */
  readonly endedDays: number;
  /** Of what was archived, counted from when it was. */
  readonly archiveDays: number;
}

/** One day of the log, all of it older than the log is kept. */
export interface LogPart {
  readonly name: string;
  /** Its events were recorded before this moment. */
  readonly before: EpochMs;
  readonly bytes: number;
}

/** What retention asks of a store. Nothing here decides: what becomes of a timer is decided under its lock, by the aggregate. */
export interface RetentionStore {
  /** Runs it unless another process is at it; null: one is. */
  exclusively<T>(work: () => Promise<T>): Promise<T | null>;
  /** Ends what a process that died had begun to drop. Answers the names. */
  finishDrops(): Promise<readonly string[]>;
  /** Oldest first. */
  expiredParts(logDays: number): Promise<readonly LogPart[]>;
  /** Why a part cannot go yet, for a person; null: nothing but its snapshots may be wanting. */
  neededBy(part: LogPart): Promise<string | null>;
  /** Why it cannot go yet though its timers have their snapshots: what was owed before them is told from what came before them. */
  owedFrom(part: LogPart): Promise<string | null>;
  /** Timers that fold from an event of this part, the oldest one there is, in id order. */
  groundedIn(part: LogPart, after: TimerId | null, max: number): Promise<readonly TimerId[]>;
  /** Takes the part out of the log. Writers go on meanwhile. */
  drop(part: LogPart): Promise<void>;
  /** Up to this moment timers must have ended to be archived. */
  endedBefore(endedDays: number): Promise<EpochMs>;
  /** Timers that ended before this moment and have no time of their own to go, in id order. */
  endedTimers(before: EpochMs, after: TimerId | null, max: number): Promise<readonly TimerId[]>;
  /** Answers how many rows went. */
  forgetArchived(archiveDays: number): Promise<number>;
}

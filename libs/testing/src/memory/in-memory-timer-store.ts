import type { ExpandOutcome } from '#engine';
import type { EpochMs, TimerId } from '#timer';
import { InMemoryDueIndex } from './in-memory-due-index.js';
import { type Holders, InMemoryLogFeed } from './in-memory-log-feed.js';
import { InMemoryTimerLog } from './in-memory-timer-log.js';
import { InMemoryTimerQueries } from './in-memory-timer-queries.js';
import { Tables } from './tables.js';

export interface InMemoryStoreSettings {
  /** Of the log: a power of two up to 256, as for Kafka. */
  readonly partitions: number;
  /** The store's own clock, which alone decides what is due. */
  readonly now: () => EpochMs;
}

/** Log, state and offsets without a database, by the same rules: it passes the suites that Postgres passes. */
export class InMemoryTimerStore {
  readonly log: InMemoryTimerLog;
  readonly due: InMemoryDueIndex;
  readonly feed: InMemoryLogFeed;
  readonly queries: InMemoryTimerQueries;
  /** Everything it holds, for checks to look at. */
  readonly tables: Tables;
  readonly #now: () => EpochMs;
  readonly #holders: Holders = new Map();

  /** @throws RangeError if the number of partitions is not a power of two up to 256 */
  constructor({ partitions, now }: InMemoryStoreSettings) {
    if (!Number.isInteger(partitions) || partitions < 1 || 256 % partitions !== 0)
      throw new RangeError(`partitions must be a power of two up to 256, not ${partitions}`);
    this.#now = now;
    this.tables = new Tables(partitions);
    this.log = this.openLog();
    this.due = new InMemoryDueIndex(this.tables, now);
    this.queries = new InMemoryTimerQueries(this.tables);
    this.feed = this.openFeed();
  }

  get partitions(): number {
    return this.tables.topology.partitions;
  }

  /** As `carillon partitions expand` does to a database. @throws RangeError */
  expand(to: number): ExpandOutcome {
    return this.tables.expand(to);
  }

  /** Another session, as a second process would have: faults that one is given the other does not get. */
  openLog(): InMemoryTimerLog {
    return new InMemoryTimerLog(this.tables, this.#now);
  }

  /** Another reader, as a second process would have: partitions that one holds the other does not get. */
  openFeed(): InMemoryLogFeed {
    return new InMemoryLogFeed(this.tables, this.#holders);
  }

  /** As retention does: what a timer's log has before a version is gone. */
  forgetBefore(timerId: TimerId, version: number): void {
    const events = this.tables.streams.get(timerId) ?? [];
    this.tables.streams.set(
      timerId,
      events.filter((event) => event.version >= version),
    );
  }

  /** Locks a timer as a transaction of another process would, until the answer is called. */
  lockElsewhere(timerId: TimerId): () => void {
    this.tables.lockedElsewhere.add(timerId);
    return () => void this.tables.lockedElsewhere.delete(timerId);
  }
}

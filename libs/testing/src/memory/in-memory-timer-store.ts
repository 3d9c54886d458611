import { type DatabasePlace, type ExpandOutcome, onlyDatabase, type StoredEvent } from '#engine';
import type { EpochMs, TimerId } from '#timer';
import { InMemoryDueIndex } from './in-memory-due-index.js';
import { type Holders, InMemoryLogFeed } from './in-memory-log-feed.js';
import { InMemoryNamespaceUsage } from './in-memory-namespace-usage.js';
import { InMemoryRetention, type RetentionLock } from './in-memory-retention.js';
import { InMemoryTimerLog } from './in-memory-timer-log.js';
import { InMemoryTimerQueries } from './in-memory-timer-queries.js';
import { Tables } from './tables.js';

export interface InMemoryStoreSettings {
  /** Of the log: a power of two up to 256, as for Kafka. */
  readonly partitions: number;
  /** The store's own clock, which alone decides what is due. */
  readonly now: () => EpochMs;
  /** Of one of several that hold the timers together. */
  readonly place?: DatabasePlace;
  /** What retention takes for a day. Default: a day. */
  readonly dayMs?: number;
  /** Told what retention takes out of the log. */
  readonly onDropped?: (events: readonly StoredEvent[]) => void;
}

const aDayMs = 86_400_000;

/** Log, state and offsets without a database, by the same rules: it passes the suites that Postgres passes. */
export class InMemoryTimerStore {
  readonly log: InMemoryTimerLog;
  readonly due: InMemoryDueIndex;
  readonly feed: InMemoryLogFeed;
  readonly queries: InMemoryTimerQueries;
  readonly usage: InMemoryNamespaceUsage;
  /** Everything it holds, for checks to look at. */
  readonly tables: Tables;
  readonly #settings: InMemoryStoreSettings;
  readonly #holders: Holders = new Map();
  readonly #retentionLock: RetentionLock = { holder: null };

  /** @throws RangeError if the number of partitions is not a power of two up to 256 */
  constructor(settings: InMemoryStoreSettings) {
    const { partitions, now, place = onlyDatabase } = settings;
    if (!Number.isInteger(partitions) || partitions < 1 || 256 % partitions !== 0)
      throw new RangeError(`partitions must be a power of two up to 256, not ${partitions}`);
    this.#settings = settings;
    this.tables = new Tables(partitions, place);
    this.log = this.openLog();
    this.due = new InMemoryDueIndex(this.tables, now);
    this.queries = new InMemoryTimerQueries(this.tables);
    this.usage = new InMemoryNamespaceUsage(this.tables);
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
    return new InMemoryTimerLog(this.tables, this.#settings.now);
  }

  /** Another reader, as a second process would have: partitions that one holds the other does not get. */
  openFeed(): InMemoryLogFeed {
    return new InMemoryLogFeed(this.tables, this.#holders);
  }

  /** Another session of retention: one is at it at a time. */
  openRetention(): InMemoryRetention {
    const { now, dayMs = aDayMs, onDropped } = this.#settings;
    return new InMemoryRetention(this.tables, this.#retentionLock, {
      now,
      dayMs,
      ...(onDropped !== undefined && { onDropped }),
    });
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
    return this.tables.lock([timerId], []);
  }
}

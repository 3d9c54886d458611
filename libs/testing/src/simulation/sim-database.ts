import {
  type DatabasePlace,
  type DueIndex,
  type ExpandOutcome,
  type LogFeed,
  type RetentionStore,
  type StoredEvent,
  type TimerLog,
} from '#engine';
import type { EpochMs } from '#timer';
import type { ManualClock } from '../clock/manual-clock.js';
import type { InMemoryRetention } from '../memory/in-memory-retention.js';
import { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import type { Random } from './random.js';
import type { SimProcess } from './sim-process.js';
import { type LateCommit, SimTransactions } from './sim-transactions.js';
import { SimServer } from './weather.js';

/** What one process has of the database. */
export interface Session {
  readonly log: TimerLog;
  anotherLog(): TimerLog;
  readonly due: DueIndex;
  readonly feed: LogFeed;
  readonly retention: RetentionStore;
}

export interface SimDatabaseSettings {
  readonly place: DatabasePlace;
  readonly partitions: number;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly lateCommit: LateCommit | undefined;
}

/** As an expansion holds the heads, and with them all writers. */
const headsHeldMsMax = 300;
/** Retention counts in days; a run has seconds. */
const dayMs = 1_500;

/** What an expansion does to a store while nobody can write. */
export type Spread = (store: InMemoryTimerStore, to: number) => ExpandOutcome;
const spreadOut: Spread = (store, to) => store.expand(to);

/** The database: a clock that only goes forward (by jumps too), sessions that die with their process, rows that are held. */
export class SimDatabase {
  readonly store: InMemoryTimerStore;
  readonly server: SimServer;
  readonly transactions: SimTransactions;
  readonly #clock: ManualClock;
  readonly #random: Random;
  #aheadMs = 0;
  readonly #sessions = new Set<{ end(): void }>();
  readonly #dropped: StoredEvent[] = [];

  constructor({ place, partitions, clock, random, lateCommit }: SimDatabaseSettings) {
    this.#clock = clock;
    this.#random = random;
    this.store = new InMemoryTimerStore({
      partitions,
      place,
      dayMs,
      now: () => this.now(),
      onDropped: (events) => void this.#dropped.push(...events),
    });
    // a restart ends every session, and with it the locks
    this.server = new SimServer('the database', clock, random, () => {
      for (const session of this.#sessions) session.end();
      this.transactions.endAll();
    });
    const { store, server } = this;
    this.transactions = new SimTransactions({ store, server, clock, random, lateCommit });
  }

  now(): EpochMs {
    return Math.floor(this.#clock.now() + this.#aheadMs) as EpochMs;
  }

  jumpAhead(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Everything that was ever written, a partition each, also what retention took out. */
  wholeLog(): readonly (readonly StoredEvent[])[] {
    const dropped = Map.groupBy(this.#dropped, ({ partition }) => partition);
    return this.store.tables.logs.map(({ events }, partition) => [
      ...(dropped.get(partition) ?? []),
      ...events,
    ]);
  }

  session(process: SimProcess): Session {
    const [feed, retention] = [this.store.openFeed(), this.store.openRetention()];
    const end = (): void => {
      void feed.release();
      retention.endSession();
    };
    this.#sessions.add({ end });
    process.onDeath(() => this.#clock.after(this.#random.int(0, 800), end));
    process.onFreeze(() => this.#mayEnd(process, end));
    const ask = <T>(what: string, work: () => Promise<T>): Promise<T> =>
      process.call(what, this.server, () => this.server.serve(work));
    const { due } = this.store;
    return {
      log: this.transactions.log(process),
      anotherLog: () => this.transactions.log(process),
      due: {
        now: () => ask('clock', () => due.now()),
        armedUntil: (...args) => ask('armed-until', () => due.armedUntil(...args)),
        overdue: (...args) => ask('overdue', () => due.overdue(...args)),
        claimPendingEmissions: (...args) => ask('claim', () => due.claimPendingEmissions(...args)),
        postponeEmission: (...args) => ask('postpone', () => due.postponeEmission(...args)),
      },
      feed: {
        hold: (...args) => ask('hold', () => (process.isDead ? Promise.resolve([]) : feed.hold(...args))),
        release: () => ask('release', () => feed.release()),
        checkpoints: (...args) => ask('checkpoints', () => feed.checkpoints(...args)),
        topology: () => ask('topology', () => feed.topology()),
        heads: (...args) => ask('heads', () => feed.heads(...args)),
        readAfter: (...args) => ask('read-after', () => feed.readAfter(...args)),
        advance: (...args) => ask('advance', () => feed.advance(...args)),
        unpublishedRejections: (...args) => ask('rejections', () => feed.unpublishedRejections(...args)),
        markRejectionsPublished: (...args) =>
          ask('mark-rejections', () => feed.markRejectionsPublished(...args)),
      },
      retention: retentionOver(retention, ask),
    };
  }

  /**
   * Spreads the log while nobody can write: the heads are held, and the relay has a moment to come to the end. What a
   * client that is gone had begun is rolled back.
   */
  expand(process: SimProcess, to: number, spread: Spread = spreadOut): Promise<ExpandOutcome> {
    return process.call('expand', this.server, () =>
      this.server.serve(() => {
        const expanding = this.#expand(process, to, spread);
        this.transactions.headsHeld = expanding.catch(() => undefined);
        return expanding;
      }),
    );
  }

  async #expand(process: SimProcess, to: number, spread: Spread): Promise<ExpandOutcome> {
    for (let heldMs = 0; ; heldMs += 10) {
      if (process.isDead || process.isFrozen) throw new Error('the client was cut off');
      const outcome = spread(this.store, to);
      if (outcome.kind !== 'behind' || heldMs >= headsHeldMsMax) return outcome;
      await this.#clock.sleep(10);
    }
  }

  /** Sessions of some who say nothing for long: by whatever lies between. They are not told. */
  #mayEnd(process: SimProcess, end: () => void): void {
    if (!this.#random.chance(0.5)) return;
    this.#clock.after(this.#random.int(500, 4_000), () => {
      if (process.isFrozen) end();
    });
  }
}

type Ask = <T>(what: string, work: () => Promise<T>) => Promise<T>;

function retentionOver(session: InMemoryRetention, ask: Ask): RetentionStore {
  return {
    exclusively: async (work) => {
      await ask('lock-retention', async () => undefined);
      return session.exclusively(work);
    },
    finishDrops: () => ask('finish-drops', () => session.finishDrops()),
    expiredParts: (...args) => ask('expired-parts', () => session.expiredParts(...args)),
    neededBy: (...args) => ask('needed-by', () => session.neededBy(...args)),
    owedFrom: (...args) => ask('owed-from', () => session.owedFrom(...args)),
    groundedIn: (...args) => ask('grounded-in', () => session.groundedIn(...args)),
    drop: async (part) => {
      await ask('begin-drop', () => session.beginDrop(part));
      await ask('drop', async () => session.finishDrop(part.name));
    },
    endedBefore: (...args) => ask('ended-before', () => session.endedBefore(...args)),
    endedTimers: (...args) => ask('ended-timers', () => session.endedTimers(...args)),
    forgetArchived: (...args) => ask('forget-archived', () => session.forgetArchived(...args)),
  };
}

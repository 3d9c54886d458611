import {
  type DatabasePlace,
  type DueIndex,
  type ExpandOutcome,
  type LogFeed,
  type RetentionStore,
  type StoredEvent,
  type TimerLog,
  TransientLogError,
} from '#engine';
import type { EpochMs, TimerId } from '#timer';
import type { ManualClock } from '../clock/manual-clock.js';
import type { InMemoryRetention } from '../memory/in-memory-retention.js';
import { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import type { Random } from './random.js';
import type { SimProcess } from './sim-process.js';
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
}

/** As Postgres is told to do with a client that sits in a transaction. */
const idleInTransactionMs = 1_000;
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
  /** How often a transaction sits on its locks before it is through, or is cut off. */
  stallChance = 0;
  readonly #clock: ManualClock;
  readonly #random: Random;
  #aheadMs = 0;
  readonly #sessions = new Set<{ end(): void }>();
  readonly #dropped: StoredEvent[] = [];
  #headsHeld: Promise<unknown> = Promise.resolve();

  constructor({ place, partitions, clock, random }: SimDatabaseSettings) {
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
    });
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
      log: this.#log(process),
      anotherLog: () => this.#log(process),
      due: {
        now: () => ask('clock', () => due.now()),
        armedUntil: (...args) => ask('armed-until', () => due.armedUntil(...args)),
        overdue: (...args) => ask('overdue', () => due.overdue(...args)),
        claimPendingEmissions: (...args) => ask('claim', () => due.claimPendingEmissions(...args)),
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
        this.#headsHeld = expanding.catch(() => undefined);
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

  #log(process: SimProcess): TimerLog {
    const log = this.store.openLog();
    return {
      transact: (request, decide) =>
        process.call('transact', this.server, async () => {
          await this.#stall([...request.due, ...request.dueElsewhere]);
          await this.#headsHeld;
          // the client has died, or froze between its reads and its commit and was cut off
          if (process.isDead || process.isFrozen) throw new TransientLogError('the client was cut off');
          const fault = this.server.fault();
          if (fault !== null) {
            const error = new TransientLogError(fault.error.message);
            log.failNext({ when: `${fault.when}-commit`, error });
          }
          return log.transact(request, (loaded) => {
            const writes = decide(loaded);
            for (const { before, after, events } of writes.streams)
              process.note(
                `${events.map(({ event }) => event.type)} of ${(after ?? before)?.id} at ${after?.version}`,
              );
            for (const { commandId, rejection } of writes.rejections)
              process.note(`refuses ${commandId}: ${rejection.code}`);
            return writes;
          });
        }),
      stateAt: (timerId, version) =>
        process.call('state-at', this.server, () => log.stateAt(timerId, version)),
      storedOffsets: (topic, partitions) =>
        process.call('stored-offsets', this.server, async () => {
          const fault = this.server.fault();
          if (fault !== null) throw new TransientLogError(fault.error.message);
          return log.storedOffsets(topic, partitions);
        }),
    };
  }

  /** The transaction holds its rows for a while before it goes on: others wait in vain, or pass them over. */
  async #stall(timerIds: readonly TimerId[]): Promise<void> {
    if (!this.#random.chance(this.stallChance)) return;
    const release = timerIds.map((timerId) => this.store.lockElsewhere(timerId));
    await this.#clock.sleep(this.#random.int(10, idleInTransactionMs));
    for (const free of release) free();
    if (this.#random.chance(0.5)) throw new TransientLogError('cut off: idle in transaction');
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

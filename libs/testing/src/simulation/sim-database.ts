import { type DueIndex, type LogFeed, type TimerLog, TransientLogError } from '#engine';
import type { EpochMs, TimerId } from '#timer';
import type { ManualClock } from '../clock/manual-clock.js';
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
}

/** As Postgres is told to do with a client that sits in a transaction. */
const idleInTransactionMs = 1_000;

/** The database: a clock that only goes forward (by jumps too), sessions that die with their process, rows that are held. */
export class SimDatabase {
  readonly store: InMemoryTimerStore;
  readonly server: SimServer;
  /** How often a transaction sits on its locks before it is through, or is cut off. */
  stallChance = 0;
  #aheadMs = 0;
  readonly #feeds = new Set<LogFeed>();

  constructor(
    partitions: number,
    private readonly clock: ManualClock,
    private readonly random: Random,
  ) {
    this.store = new InMemoryTimerStore({ partitions, now: () => this.now() });
    // a restart ends every session, and with it the locks
    this.server = new SimServer('the database', clock, random, () => this.#endSessions());
  }

  now(): EpochMs {
    return Math.floor(this.clock.now() + this.#aheadMs) as EpochMs;
  }

  jumpAhead(ms: number): void {
    this.#aheadMs += ms;
  }

  session(process: SimProcess): Session {
    const feed = this.store.openFeed();
    this.#feeds.add(feed);
    process.onDeath(() => this.clock.after(this.random.int(0, 800), () => void feed.release()));
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
    };
  }

  #endSessions(): void {
    for (const feed of this.#feeds) void feed.release();
  }

  #log(process: SimProcess): TimerLog {
    const log = this.store.openLog();
    return {
      transact: (request, decide) =>
        process.call('transact', this.server, async () => {
          await this.#stall([...request.due, ...request.dueElsewhere]);
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
    if (!this.random.chance(this.stallChance)) return;
    const release = timerIds.map((timerId) => this.store.lockElsewhere(timerId));
    await this.clock.sleep(this.random.int(10, idleInTransactionMs));
    for (const free of release) free();
    if (this.random.chance(0.5)) throw new TransientLogError('cut off: idle in transaction');
  }
}

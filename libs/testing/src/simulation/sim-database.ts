import {
  type DatabasePlace,
  type DueIndex,
  type ExpandOutcome,
  type LoadedTimers,
  type LogFeed,
  type RetentionStore,
  type StoredEvent,
  type TimerLog,
  type TransactionRequest,
  type TransactionResult,
  type TransactionWrites,
  TransientLogError,
} from '#engine';
import type { EpochMs } from '#timer';
import type { ManualClock } from '../clock/manual-clock.js';
import type { InMemoryRetention } from '../memory/in-memory-retention.js';
import type { InMemoryTimerLog, InMemoryTransaction } from '../memory/in-memory-timer-log.js';
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
  /** What becomes of a commit that comes when its session has ended; null: it is refused. */
  readonly lateCommit?: LateCommit | undefined;
}

export type LateCommit = (store: InMemoryTimerStore, writes: TransactionWrites) => TransactionWrites | null;

/** As Postgres is told to do with a client that sits in a transaction, and with one that waits for a lock. */
const idleInTransactionMs = 1_000;
const lockTimeoutMs = 500;
const lockAskedEveryMs = 10;
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
  readonly #transactions = new Set<InMemoryTransaction>();
  readonly #lateCommit: LateCommit | undefined;
  #headsHeld: Promise<unknown> = Promise.resolve();

  constructor({ place, partitions, clock, random, lateCommit }: SimDatabaseSettings) {
    this.#lateCommit = lateCommit;
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
      for (const transaction of this.#transactions) transaction.end();
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
    const writer: Writer = { process, log, partitions: this.store.partitions };
    return {
      transact: (request, decide) => this.#transact(writer, request, decide),
      stateAt: (timerId, version) =>
        process.call('state-at', this.server, () => log.stateAt(timerId, version)),
      storedOffsets: (topic, partitions) =>
        process.call('stored-offsets', this.server, async () => {
          this.#mayFail();
          return log.storedOffsets(topic, partitions);
        }),
    };
  }

  /** In two trips, with the decision between them in the process: it may stand still there, and find its session gone. */
  async #transact(
    writer: Writer,
    request: TransactionRequest,
    decide: (loaded: LoadedTimers) => TransactionWrites,
  ): Promise<TransactionResult> {
    const { process, log } = writer;
    const transaction = await process.call('begin', this.server, () => this.#begin(log, request));
    const writes = decideOr(
      () => transaction.end(),
      () => decide(transaction.loaded),
    );
    note(process, writes);
    return process.call('commit', this.server, async () => {
      await this.#headsHeld;
      this.#tellPartitions(writer, transaction);
      const fault = this.server.fault();
      if (fault?.when === 'before') transaction.end();
      const result = transaction.isOver ? this.#commitLate(log, request, writes) : transaction.commit(writes);
      if (fault !== null) throw new TransientLogError(fault.error.message);
      return result;
    });
  }

  /** One that has not heard of an expansion writes nothing, and tries again. */
  #tellPartitions(writer: Writer, transaction: InMemoryTransaction): void {
    const { partitions } = this.store;
    if (writer.partitions === partitions) return;
    writer.partitions = partitions;
    transaction.end();
    throw new TransientLogError(`the log has ${partitions} partitions by now`);
  }

  async #begin(log: InMemoryTimerLog, request: TransactionRequest): Promise<InMemoryTransaction> {
    this.#mayFail();
    const transaction = await this.#whenUnlocked(() => log.begin(request));
    this.#transactions.add(transaction);
    this.#clock.after(idleInTransactionMs, () => {
      transaction.end();
      this.#transactions.delete(transaction);
    });
    if (this.#random.chance(this.stallChance)) {
      await this.#clock.sleep(this.#random.int(10, idleInTransactionMs));
      if (this.#random.chance(0.5)) transaction.end();
    }
    return transaction;
  }

  async #whenUnlocked<T>(begin: () => T): Promise<T> {
    for (let waitedMs = 0; ; waitedMs += lockAskedEveryMs) {
      try {
        return begin();
      } catch (error) {
        if (!(error instanceof TransientLogError) || waitedMs >= lockTimeoutMs) throw error;
        await this.#clock.sleep(lockAskedEveryMs);
      }
    }
  }

  #commitLate(
    log: InMemoryTimerLog,
    request: TransactionRequest,
    writes: TransactionWrites,
  ): TransactionResult {
    const late = this.#lateCommit?.(this.store, writes) ?? null;
    if (late === null) throw new TransientLogError('its session has ended');
    return log.begin({ ...request, targets: [], due: [], dueElsewhere: [] }).commit(late);
  }

  #mayFail(): void {
    const fault = this.server.fault();
    if (fault !== null) throw new TransientLogError(fault.error.message);
  }
}

function decideOr(failed: () => void, decide: () => TransactionWrites): TransactionWrites {
  try {
    return decide();
  } catch (error) {
    failed();
    throw error;
  }
}

function note(process: SimProcess, { streams, rejections }: TransactionWrites): void {
  for (const { before, after, events } of streams)
    process.note(`${events.map(({ event }) => event.type)} of ${(after ?? before)?.id} at ${after?.version}`);
  for (const { commandId, rejection } of rejections) process.note(`refuses ${commandId}: ${rejection.code}`);
}

/** A connection that writes. */
interface Writer {
  readonly process: SimProcess;
  readonly log: InMemoryTimerLog;
  /** Over how many it spreads timers. */
  partitions: number;
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

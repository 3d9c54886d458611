import {
  type LoadedTimers,
  type TimerLog,
  type TransactionRequest,
  type TransactionResult,
  type TransactionWrites,
  TransientLogError,
} from '#engine';
import type { ManualClock } from '../clock/manual-clock.js';
import type { InMemoryTimerLog, InMemoryTransaction } from '../memory/in-memory-timer-log.js';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import type { Random } from './random.js';
import type { SimProcess } from './sim-process.js';
import type { SimServer } from './weather.js';

export type LateCommit = (store: InMemoryTimerStore, writes: TransactionWrites) => TransactionWrites | null;

export interface SimTransactionsDeps {
  readonly store: InMemoryTimerStore;
  readonly server: SimServer;
  readonly clock: ManualClock;
  readonly random: Random;
  /** What becomes of a commit that comes when its session has ended; null: it is refused. */
  readonly lateCommit: LateCommit | undefined;
}

/** As Postgres is told to do with a client that sits in a transaction, and with one that waits for a lock. */
const idleInTransactionMs = 1_000;
const lockTimeoutMs = 500;
const lockAskedEveryMs = 10;

/** The transactions of a database: what one has read is held until it commits, or its session ends. */
export class SimTransactions {
  /** How often one sits on its locks before it is through, or is cut off. */
  stallChance = 0;
  /** While an expansion holds the heads nothing is committed. */
  headsHeld: Promise<unknown> = Promise.resolve();
  readonly #open = new Set<InMemoryTransaction>();

  constructor(private readonly deps: SimTransactionsDeps) {}

  /** The server was started anew. */
  endAll(): void {
    for (const transaction of this.#open) transaction.end();
  }

  /** A connection of a process that writes. */
  log(process: SimProcess): TimerLog {
    const log = this.deps.store.openLog();
    const writer: Writer = { process, log, partitions: this.deps.store.partitions, transaction: null };
    const noticedWithinMs = this.deps.random.int(0, 200);
    process.onDeath(() => this.deps.clock.after(noticedWithinMs, () => writer.transaction?.end()));
    return {
      transact: (request, decide) => this.#transact(writer, request, decide),
      stateAt: (...args) => process.call('state-at', this.deps.server, () => log.stateAt(...args)),
      storedOffsets: (topic, partitions) =>
        process.call('stored-offsets', this.deps.server, async () => {
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
    const transaction = await process.call('begin', this.deps.server, () => this.#begin(writer, request));
    const writes = decideOr(
      () => transaction.end(),
      () => decide(transaction.loaded),
    );
    note(process, writes);
    return process.call('commit', this.deps.server, async () => {
      await this.headsHeld;
      this.#tellPartitions(writer, transaction);
      const fault = this.deps.server.fault();
      if (fault?.when === 'before') transaction.end();
      const result = transaction.isOver ? this.#commitLate(log, request, writes) : transaction.commit(writes);
      if (fault !== null) throw new TransientLogError(fault.error.message);
      return result;
    });
  }

  /** One that has not heard of an expansion writes nothing, and tries again. */
  #tellPartitions(writer: Writer, transaction: InMemoryTransaction): void {
    const { partitions } = this.deps.store;
    if (writer.partitions === partitions) return;
    writer.partitions = partitions;
    transaction.end();
    throw new TransientLogError(`the log has ${partitions} partitions by now`);
  }

  async #begin(writer: Writer, request: TransactionRequest): Promise<InMemoryTransaction> {
    this.#mayFail();
    const transaction = await this.#whenUnlocked(() => writer.log.begin(request));
    writer.transaction = transaction;
    this.#open.add(transaction);
    this.deps.clock.after(idleInTransactionMs, () => {
      transaction.end();
      this.#open.delete(transaction);
    });
    if (this.deps.random.chance(this.stallChance)) {
      await this.deps.clock.sleep(this.deps.random.int(10, idleInTransactionMs));
      if (this.deps.random.chance(0.5)) transaction.end();
    }
    return transaction;
  }

  async #whenUnlocked<T>(begin: () => T): Promise<T> {
    for (let waitedMs = 0; ; waitedMs += lockAskedEveryMs) {
      try {
        return begin();
      } catch (error) {
        if (!(error instanceof TransientLogError) || waitedMs >= lockTimeoutMs) throw error;
        await this.deps.clock.sleep(lockAskedEveryMs);
      }
    }
  }

  #commitLate(
    log: InMemoryTimerLog,
    request: TransactionRequest,
    writes: TransactionWrites,
  ): TransactionResult {
    const late = this.deps.lateCommit?.(this.deps.store, writes) ?? null;
    if (late === null) throw new TransientLogError('its session has ended');
    return log.begin({ ...request, targets: [], due: [], dueElsewhere: [] }).commit(late);
  }

  #mayFail(): void {
    const fault = this.deps.server.fault();
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
  /** The last one that it began. */
  transaction: InMemoryTransaction | null;
}

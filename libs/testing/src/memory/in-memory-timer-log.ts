import {
  type LoadedTimers,
  sourceKey,
  type TimerLog,
  type TransactionRequest,
  type TransactionResult,
  type TransactionWrites,
} from '#engine';
import type { EpochMs, TimerId, TimerState } from '#timer';
import { commit } from './commit.js';
import { load, lookUp } from './load.js';
import type { Tables } from './tables.js';

/** Something that goes wrong with a transaction, once. */
export interface LogFault {
  /** `after`: it is written, yet the caller does not hear of it, as when a connection breaks at the commit. */
  readonly when: 'before-commit' | 'after-commit';
  readonly error: Error;
}

/** Has read and locked; others who want its rows are refused until it is over. */
export interface InMemoryTransaction {
  readonly loaded: LoadedTimers;
  /** Committed, ended, or cut off by the server. */
  readonly isOver: boolean;
  commit(writes: TransactionWrites): TransactionResult;
  /** Nothing is written. After a commit it has no meaning. */
  end(): void;
}

/** The write protocol on plain maps. */
export class InMemoryTimerLog implements TimerLog {
  readonly #faults: LogFault[] = [];

  constructor(
    private readonly tables: Tables,
    private readonly now: () => EpochMs,
  ) {}

  /** The next transaction fails in this way; several are used up in order. */
  failNext(fault: LogFault): void {
    this.#faults.push(fault);
  }

  async transact(
    request: TransactionRequest,
    decide: (loaded: LoadedTimers) => TransactionWrites,
  ): Promise<TransactionResult> {
    await turn();
    const transaction = this.begin(request);
    try {
      const writes = decide(transaction.loaded);
      const fault = this.#faults.shift();
      if (fault?.when === 'before-commit') throw fault.error;
      const result = transaction.commit(writes);
      if (fault !== undefined) throw fault.error;
      return result;
    } finally {
      transaction.end();
    }
  }

  /** The first of the two trips of a transaction: what it loads is its own until it is over. @throws TransientLogError */
  begin(request: TransactionRequest): InMemoryTransaction {
    const now = this.now();
    this.tables.forgetOld(now);
    const loaded = lookUp(this.tables, request, load(this.tables, request, now));
    const release = this.tables.lock(
      [...loaded.byId.keys(), ...loaded.due.map(({ state }) => state.id)],
      request.offsets.map(({ topic, partition }) => sourceKey(topic, partition)),
    );
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      release();
    };
    return {
      loaded,
      get isOver() {
        return isOver;
      },
      end,
      commit: (writes) => {
        end();
        commit(this.tables, request, { ...loaded, now: this.now() }, writes);
        return { now, lostSources: loaded.lostSources };
      },
    };
  }

  stateAt(timerId: TimerId, version: number, eventsMax?: number): Promise<TimerState | null> {
    return Promise.resolve(this.tables.stateAt(timerId, version, eventsMax));
  }

  storedOffsets(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const stored = new Map<number, bigint>();
    for (const partition of partitions) {
      const offset = this.tables.offsets.get(sourceKey(topic, partition));
      if (offset !== undefined) stored.set(partition, offset);
    }
    return Promise.resolve(stored);
  }
}

/** A caller that relied on an answer within the same turn would break on a real store. */
const turn = (): Promise<void> => Promise.resolve();

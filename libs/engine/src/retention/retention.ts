import type { TimerCommand, TimerId } from '#timer';
import type { Decider } from '../commands/decide-all.js';
import { mayTryAgain, tryAgainAfterMs } from '../log/errors.js';
import type { StreamWrite, TimerLog } from '../log/timer-log.js';
import type { LocalClock, Logger, Sleep } from '../ports.js';
import type { LogPart, RetentionPolicy, RetentionStore } from './retention-store.js';

/** Timers of one transaction. Its locks are held for a few milliseconds. */
const timersPerBatch = 200;
/** A batch that goes on failing is left for the next round. */
const failuresMax = 20;

export interface RetentionDeps {
  readonly store: RetentionStore;
  /** Of its own, so that no command waits behind a batch. */
  readonly log: TimerLog;
  readonly timer: Decider;
  readonly logger: Logger;
  readonly sleep: Sleep;
  readonly clock: LocalClock;
  /** Resolves when there is room for more events. */
  readonly mayWrite?: () => Promise<unknown>;
  /** Told after each batch and each part. */
  readonly onProgress?: (progress: RetentionProgress) => void;
}

export interface RetentionProgress {
  readonly snapshotted: number;
  readonly archived: number;
  /** Parts of the log that are gone. */
  readonly dropped: readonly string[];
}
export interface RetentionReport extends RetentionProgress {
  /** Rows of the archive that were old enough to go. */
  readonly forgotten: number;
  /** A part that has to stay for now, and why; parts after it stay as well. */
  readonly kept: { readonly part: string; readonly reason: string } | null;
}

/**
 * Keeps the log and the tables of timers from growing for ever. It may be killed between any two lines: each batch is a
 * transaction, and what is left to do is read from the log itself, so the next run goes on where this one was.
 */
export class Retention {
  constructor(private readonly deps: RetentionDeps) {}

  /** One round; null: another process is at it. */
  run(policy: RetentionPolicy, stop: AbortSignal): Promise<RetentionReport | null> {
    return this.deps.store.exclusively(() => new Round(this.deps, stop).run(policy));
  }
}

class Round {
  #snapshotted = 0;
  #archived = 0;
  readonly #dropped: string[] = [];

  constructor(
    private readonly deps: RetentionDeps,
    private readonly stop: AbortSignal,
  ) {}

  async run({ logDays, endedDays, archiveDays }: RetentionPolicy): Promise<RetentionReport> {
    const { store } = this.deps;
    // a drop may have to wait for a reader: it keeps nothing else from being done
    if (endedDays > 0) await this.#archiveEnded(endedDays);
    const forgotten = archiveDays > 0 ? await store.forgetArchived(archiveDays) : 0;
    for (const name of await store.finishDrops()) this.#tellDropped(name);
    const kept = logDays > 0 ? await this.#dropExpired(logDays) : null;
    return { ...this.#progress, forgotten, kept };
  }

  async #archiveEnded(endedDays: number): Promise<void> {
    const endedBefore = await this.deps.store.endedBefore(endedDays);
    await this.#inBatches(
      (after, max) => this.deps.store.endedTimers(endedBefore, after, max),
      { type: 'ArchiveTimer', commandId: null, endedBefore },
      (written) => {
        this.#archived += written;
      },
    );
  }

  async #dropExpired(logDays: number): Promise<RetentionReport['kept']> {
    const { store } = this.deps;
    for (const part of await store.expiredParts(logDays)) {
      if (this.stop.aborted) return null;
      const reason = await store.neededBy(part);
      if (reason !== null) return { part: part.name, reason };
      await this.#snapshotAll(part);
      if (this.stop.aborted) return null;
      const owed = await store.owedFrom(part);
      if (owed !== null) return { part: part.name, reason: owed };
      await store.drop(part);
      this.#tellDropped(part.name);
    }
    return null;
  }

  /** @throws if a timer cannot be snapshotted: the part stays */
  async #snapshotAll(part: LogPart): Promise<void> {
    await this.#inBatches(
      (after, max) => this.deps.store.groundedIn(part, after, max),
      { type: 'SnapshotTimer', commandId: null },
      (written) => {
        this.#snapshotted += written;
      },
    );
  }

  async #inBatches(
    next: (after: TimerId | null, max: number) => Promise<readonly TimerId[]>,
    command: TimerCommand,
    count: (written: number) => void,
  ): Promise<void> {
    let after: TimerId | null = null;
    while (!this.stop.aborted) {
      const ids: readonly TimerId[] = await next(after, timersPerBatch);
      const last = ids.at(-1);
      if (last === undefined) return;
      await this.deps.mayWrite?.();
      const beganAt = this.deps.clock();
      count(await this.#commit(ids, command));
      this.deps.onProgress?.(this.#progress);
      // as long a pause as the work took: half of one connection's time at most goes to it
      await this.deps.sleep(this.deps.clock() - beganAt, this.stop);
      after = last;
    }
  }

  async #commit(ids: readonly TimerId[], command: TimerCommand): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#transact(ids, command);
      } catch (error) {
        if (mayTryAgain(error, failures, ids.length) && failures < failuresMax) {
          await this.deps.sleep(tryAgainAfterMs(failures), this.stop);
        } else if (ids.length > 1) {
          const half = Math.ceil(ids.length / 2);
          return (
            (await this.#commit(ids.slice(0, half), command)) + (await this.#commit(ids.slice(half), command))
          );
        } else {
          throw new Error(`timer ${ids[0]} stays as it is: ${String(error)}`, { cause: error });
        }
      }
    }
  }

  async #transact(ids: readonly TimerId[], command: TimerCommand): Promise<number> {
    const { log, timer } = this.deps;
    let written = 0;
    await log.transact(
      {
        offsets: [],
        targets: ids.map((timerId) => ({ timerId })),
        commandIds: [],
        due: [],
        dueElsewhere: [],
      },
      ({ byId, now }) => {
        const streams = [...byId.values()].flatMap((before): StreamWrite[] => {
          const decision = timer.decide(before, command, now);
          const [event] = decision.ok ? decision.events : [];
          if (event === undefined) return [];
          const write = { version: before.version + 1, commandId: null, event, meta: {} };
          return [{ before, after: timer.evolve(before, write), events: [write], emission: null }];
        });
        written = streams.length;
        return { streams, rejections: [], unchanged: [], emission: null, emitted: [] };
      },
    );
    return written;
  }

  #tellDropped(name: string): void {
    this.#dropped.push(name);
    this.deps.logger.info({ part: name }, 'a day of the log is gone');
    this.deps.onProgress?.(this.#progress);
  }

  get #progress(): RetentionProgress {
    return { snapshotted: this.#snapshotted, archived: this.#archived, dropped: [...this.#dropped] };
  }
}

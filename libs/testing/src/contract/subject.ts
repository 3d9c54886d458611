import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { DueIndex, ExpandOutcome, LogFeed, NamespaceUsage, TimerLog, TimerQueries } from '#engine';
import type { EpochMs, TimerId } from '#timer';

/** A store as one process sees it. */
export interface StoreHandle {
  readonly log: TimerLog;
  readonly due: DueIndex;
  readonly feed: LogFeed;
  readonly usage: NamespaceUsage;
  close(): Promise<void>;
}

/**
 * What the contract suites are run against. They use fresh names throughout, so one store serves a whole suite, and
 * express every moment relative to `due.now()`.
 */
export interface Subject extends StoreHandle {
  /** Of the log, as it was opened. */
  readonly partitions: number;
  /** Spreads the log over more partitions. The suite that does so has a store of its own. */
  expand(to: number): Promise<ExpandOutcome>;
  /** The same store as another process sees it, with locks of its own. The suite closes it. */
  another(): Promise<StoreHandle>;
  /** Lets the store's clock move on by at least this much: a manual one is moved, a real one is waited for. */
  pass(durationMs: number): Promise<void>;
  /** Locks a timer's state as a transaction of somebody else would, until the answer is called. */
  lockElsewhere(timerId: TimerId): Promise<() => Promise<void>>;
}

/** A store whose log can be made older. */
export interface AgeingSubject extends Subject {
  /** Everything in the log happened so many days earlier than it did. */
  age(days: number): Promise<void>;
}

export type OpenSubject = () => Promise<Subject>;

/** A store that can be asked as well. */
export interface QueriesSubject extends Subject {
  readonly queries: TimerQueries;
  /** As retention does: what a timer's log has before a version is gone. */
  forgetBefore(timerId: TimerId, version: number): Promise<void>;
}

/** The subject of a suite, opened before its first test and closed after its last, with all that it opened. */
export class Stage<S extends Subject = Subject> {
  #subject: S | null = null;
  readonly #others: StoreHandle[] = [];

  constructor(open: () => Promise<S>) {
    beforeAll(async () => {
      this.#subject = await open();
    });
    afterAll(async () => {
      await Promise.all(this.#others.map((other) => other.close()));
      await this.#subject?.close();
    });
  }

  get subject(): S {
    if (this.#subject === null) throw new Error('the subject is opened before the first test, not earlier');
    return this.#subject;
  }
  get log(): TimerLog {
    return this.subject.log;
  }
  get due(): DueIndex {
    return this.subject.due;
  }
  get feed(): LogFeed {
    return this.subject.feed;
  }

  async others(count: number): Promise<readonly StoreHandle[]> {
    const opened = await Promise.all(Array.from({ length: count }, () => this.subject.another()));
    for (const other of opened) this.#others.push(other);
    return opened;
  }

  async inMs(durationMs: number): Promise<EpochMs> {
    return ((await this.due.now()) + durationMs) as EpochMs;
  }
}

/** A name that no other test uses. */
export const freshName = (): string => randomUUID();

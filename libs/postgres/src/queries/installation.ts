import { QueryUnavailableError } from '#engine';
import type { EpochMs } from '#timer';
import { statement } from '../connection/statement.js';
import type { ReadPool } from './read-pool.js';

const { text: partitionsSql } = statement('partition-stands');
const { text: hookClassesSql } = statement('hook-class-stands');
const { text: recentFailuresSql } = statement('recent-failures');

/** As the fire service arms by default: what is due within a minute, of each slot so many. */
const windowMs = 60_000;
const perSlotMax = 195;
/** Open events, and as many dead letters, that are looked at for the hook classes. */
const lookedAtMax = 10_000;
/** Of the log: so many of the newest events, and how far back at most for fires a second, and for failures. */
const eventsLookedAtMax = 4_000;
const firesWithinMs = 10_000;
const failuresWithinMs = 300_000;
/** Once may be a restart of its worker, twice a slow one. */
const unansweredAttempts = 3;

export interface PartitionState {
  readonly partition: number;
  /** Events of this partition, ever. */
  readonly events: bigint;
  /** Those that the change feed does not have yet. */
  readonly unpublished: bigint;
  /** Where the commands topic is read on; null: nothing was read yet. */
  readonly nextOffset: bigint | null;
  /** Timers due within the next minute: what the owner of the partition has in memory. */
  readonly armed: number;
  /** False: there are more; a process reads so many at a time. */
  readonly armedIsExact: boolean;
  /** How long the most overdue of them has been due, ms. */
  readonly lateMs: number;
}

export interface PartitionStates {
  /** In the order of their numbers; those of a database that is away are left out. */
  readonly partitions: readonly PartitionState[];
  readonly databasesAway: number;
}

export interface HookClassState {
  readonly hookClass: string;
  /** Events that wait for their close. */
  readonly open: number;
  /** Of those, on their second attempt or a later one, or waiting for it. */
  readonly retrying: number;
  /** Sent for the third time or later, and no worker was heard of for it: is one running for this name? */
  readonly unanswered: number;
  /** When the oldest of the open ones began; null: none is open. */
  readonly openSince: EpochMs | null;
  readonly givenUp: number;
  /** Over the last seconds, of timers that are still there. */
  readonly firesPerSecond: number;
}

export interface HookClassStates {
  /** Those that have open events or dead letters, or that fire, by their names. */
  readonly classes: readonly HookClassState[];
  /** False: only the first of them were counted. */
  readonly isExact: boolean;
  /** Databases whose part is missing here. */
  readonly databasesAway: number;
}

/** Of the last five minutes. */
export interface RecentFailures {
  /** Attempts that failed, and those that nobody answered in time. */
  readonly retries: number;
  readonly givenUp: number;
  /** False: so much happens that only the newest part was counted. */
  readonly isExact: boolean;
  /** Databases whose part is missing here. */
  readonly databasesAway: number;
}

/** How a whole installation fares. */
export interface Installation {
  /** @throws QueryUnavailableError where no database answers */
  partitions(commandsTopic: string): Promise<PartitionStates>;
  /** @throws QueryUnavailableError where no database answers */
  hookClasses(): Promise<HookClassStates>;
  /** @throws QueryUnavailableError where no database answers */
  recentFailures(): Promise<RecentFailures>;
}

/** Of one database: each answer is one statement of bounded cost. */
export class PostgresInstallation implements Installation {
  constructor(private readonly pool: ReadPool) {}

  async partitions(commandsTopic: string): Promise<PartitionStates> {
    const rows = await this.pool.rows(partitionsSql, [commandsTopic, windowMs, perSlotMax]);
    const partitions = rows.map((row): PartitionState => {
      const [partition, events, unpublished, nextOffset, armed, armedIsExact, lateMs] = row as PartitionRow;
      return { partition, events, unpublished, nextOffset, armed, armedIsExact, lateMs: lateMs ?? 0 };
    });
    return { partitions, databasesAway: 0 };
  }

  async hookClasses(): Promise<HookClassStates> {
    const rows = await this.pool.rows(hookClassesSql, [
      lookedAtMax,
      eventsLookedAtMax,
      firesWithinMs,
      unansweredAttempts,
    ]);
    return {
      classes: rows.map((row) => {
        const [hookClass, open, retrying, unanswered, openSince, givenUp, , firesPerSecond] =
          row as HookClassRow;
        return { hookClass, open, retrying, unanswered, openSince, givenUp, firesPerSecond };
      }),
      isExact: rows.every((row) => row[6] === true),
      databasesAway: 0,
    };
  }

  async recentFailures(): Promise<RecentFailures> {
    const rows = await this.pool.rows(recentFailuresSql, [eventsLookedAtMax, failuresWithinMs]);
    const [retries, givenUp, isExact] = rows[0] as unknown as FailuresRow;
    return { retries, givenUp, isExact, databasesAway: 0 };
  }
}

/** Of several databases, each with partitions of its own and a part of every hook class. One that is away takes only its part with it. */
export class MergedInstallation implements Installation {
  constructor(private readonly parts: readonly Installation[]) {}

  async partitions(commandsTopic: string): Promise<PartitionStates> {
    const { each, databasesAway } = await this.#ask((part) => part.partitions(commandsTopic));
    const partitions = each.flatMap((one) => one.partitions).toSorted((a, b) => a.partition - b.partition);
    return { partitions, databasesAway };
  }

  async hookClasses(): Promise<HookClassStates> {
    const { each, databasesAway } = await this.#ask((part) => part.hookClasses());
    const alike = Map.groupBy(
      each.flatMap(({ classes }) => classes),
      ({ hookClass }) => hookClass,
    );
    return {
      classes: [...alike.values()].map((some) => some.reduce(together)).toSorted(byName),
      isExact: each.every(({ isExact }) => isExact),
      databasesAway,
    };
  }

  async recentFailures(): Promise<RecentFailures> {
    const { each, databasesAway } = await this.#ask((part) => part.recentFailures());
    return {
      retries: each.reduce((sum, { retries }) => sum + retries, 0),
      givenUp: each.reduce((sum, { givenUp }) => sum + givenUp, 0),
      isExact: each.every(({ isExact }) => isExact),
      databasesAway,
    };
  }

  async #ask<T>(question: (part: Installation) => Promise<T>): Promise<{ each: T[]; databasesAway: number }> {
    const answers = await Promise.allSettled(this.parts.map(question));
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    const fatal = failures.find((reason) => !(reason instanceof QueryUnavailableError));
    if (fatal !== undefined || failures.length === answers.length) throw fatal ?? failures[0];
    const each = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    return { each, databasesAway: failures.length };
  }
}

const byName = (a: HookClassState, b: HookClassState): number => (a.hookClass < b.hookClass ? -1 : 1);
const together = (a: HookClassState, b: HookClassState): HookClassState => ({
  hookClass: a.hookClass,
  open: a.open + b.open,
  retrying: a.retrying + b.retrying,
  unanswered: a.unanswered + b.unanswered,
  openSince:
    a.openSince === null || b.openSince === null
      ? (a.openSince ?? b.openSince)
      : (Math.min(a.openSince, b.openSince) as EpochMs),
  givenUp: a.givenUp + b.givenUp,
  firesPerSecond: a.firesPerSecond + b.firesPerSecond,
});

type PartitionRow = readonly [
  partition: number,
  events: bigint,
  unpublished: bigint,
  nextOffset: bigint | null,
  armed: number,
  armedIsExact: boolean,
  lateMs: number | null,
];
type HookClassRow = readonly [
  hookClass: string,
  open: number,
  retrying: number,
  unanswered: number,
  openSince: EpochMs | null,
  givenUp: number,
  isExact: boolean,
  firesPerSecond: number,
];
type FailuresRow = readonly [retries: number, givenUp: number, isExact: boolean];

import { ByDatabase, MergedTimerQueries, type TimerQueries } from '#engine';
import { type Installation, MergedInstallation, PostgresInstallation } from './installation.js';
import { PostgresTimerQueries } from './postgres-timer-queries.js';
import { ReadPool, type ReadPoolSettings } from './read-pool.js';

export interface PostgresQueries {
  readonly queries: TimerQueries;
  /** Of each database by itself. */
  readonly each: readonly TimerQueries[];
  readonly installation: Installation;
  close(): Promise<void>;
}

/** Queries on a pool of their own. `databaseUrl` may be that of a read replica: answers are then as old as it is behind. */
export function openPostgresQueries(settings: ReadPoolSettings): PostgresQueries {
  const pool = new ReadPool(settings);
  let closing: Promise<void> | null = null;
  const queries = new PostgresTimerQueries(pool);
  return {
    queries,
    each: [queries],
    installation: new PostgresInstallation(pool),
    close: () => {
      closing ??= pool.close();
      return closing;
    },
  };
}

/** Of all databases that hold the timers together, each with a pool of its own. */
export function openAllPostgresQueries(
  databaseUrls: readonly [string, ...string[]],
  settings: Omit<ReadPoolSettings, 'databaseUrl'>,
): PostgresQueries {
  const opened = ByDatabase.from(databaseUrls, (databaseUrl) =>
    openPostgresQueries({ ...settings, databaseUrl }),
  );
  const [first] = opened.all;
  if (opened.count === 1) return first;
  return {
    queries: new MergedTimerQueries(opened.map(({ queries }) => queries)),
    each: opened.all.map(({ queries }) => queries),
    installation: new MergedInstallation(opened.all.map(({ installation }) => installation)),
    close: async () => void (await Promise.all(opened.all.map(({ close }) => close()))),
  };
}

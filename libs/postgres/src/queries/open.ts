import { PostgresTimerQueries } from './postgres-timer-queries.js';
import { ReadPool, type ReadPoolSettings } from './read-pool.js';

export interface PostgresQueries {
  readonly queries: PostgresTimerQueries;
  close(): Promise<void>;
}

/** Queries on a pool of their own. `databaseUrl` may be that of a read replica: answers are then as old as it is behind. */
export function openPostgresQueries(settings: ReadPoolSettings): PostgresQueries {
  const pool = new ReadPool(settings);
  let closing: Promise<void> | null = null;
  return {
    queries: new PostgresTimerQueries(pool),
    close: () => {
      closing ??= pool.close();
      return closing;
    },
  };
}

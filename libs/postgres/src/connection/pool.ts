import pg from 'pg';
import { connectionBounds } from './connection-bounds.js';
import type { Logger } from './hot-connection.js';

export interface PoolSettings {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Logger;
  readonly connectionsMax: number;
  /** A query that is not answered by then fails, and its connection is given up. */
  readonly queryTimeoutMs?: number;
}

/** An ordinary pool, for what is not hot. */
export function openPool(settings: PoolSettings): pg.Pool {
  const { databaseUrl, applicationName, log, connectionsMax, queryTimeoutMs = 30_000 } = settings;
  const pool = new pg.Pool({
    ...connectionBounds,
    connectionString: databaseUrl,
    application_name: applicationName,
    max: connectionsMax,
    options: '-c TimeZone=UTC',
    query_timeout: queryTimeoutMs,
  });
  pool.on('error', (error) => log.warn({ error: error.message }, 'idle connection to Postgres lost'));
  return pool;
}

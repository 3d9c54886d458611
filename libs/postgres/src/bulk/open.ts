import pg from 'pg';
import type { Logger } from '../connection/hot-connection.js';
import { PostgresBulkStore } from './postgres-bulk-store.js';

export interface PostgresBulks {
  readonly store: PostgresBulkStore;
  close(): Promise<void>;
}

/** Bulks on a small pool of their own, opened on first use. */
export function openPostgresBulks(settings: {
  readonly databaseUrl: string;
  readonly applicationName: string;
  readonly log: Logger;
}): PostgresBulks {
  const { databaseUrl, applicationName, log } = settings;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, application_name: applicationName });
  pool.on('error', (error) => log.warn({ error: error.message }, 'idle connection to Postgres lost'));
  let closing: Promise<void> | null = null;
  return {
    store: new PostgresBulkStore(pool),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}

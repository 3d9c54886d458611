import type { Logger } from '../connection/hot-connection.js';
import { openPool } from '../connection/pool.js';
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
  const pool = openPool({ ...settings, connectionsMax: 2 });
  let closing: Promise<void> | null = null;
  return {
    store: new PostgresBulkStore(pool),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}

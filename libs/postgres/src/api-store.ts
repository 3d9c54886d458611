import pg from 'pg';
import type { BulkStore, CommandOutcomes, LogTail } from '#engine';
import { PostgresBulkStore } from './bulk/postgres-bulk-store.js';
import { HotConnection, type HotConnectionSettings } from './connection/hot-connection.js';
import { PostgresLogFeed } from './feed/postgres-log-feed.js';
import { PostgresCommandOutcomes } from './log/postgres-command-outcomes.js';

export interface PostgresApiStore {
  /** The one reader that keeps up with the log. */
  readonly live: LogTail;
  /** A reader that begins further back; all of them share one connection. */
  past(): LogTail;
  readonly outcomes: CommandOutcomes;
  readonly bulks: BulkStore;
  /** @throws if the log of this database has another number of partitions: some of it would never be seen */
  expectPartitions(partitions: number): Promise<void>;
  close(): Promise<void>;
}

/** What a process needs of the log that serves others: two connections, opened on first use, and a few for what is seldom. */
export function openPostgresApiStore(settings: HotConnectionSettings): PostgresApiStore {
  const connection = (role: string) =>
    new HotConnection({ ...settings, applicationName: `${settings.applicationName} ${role}` });
  const [live, past] = [connection('tail'), connection('catch-up')];
  const pool = new pg.Pool({
    connectionString: settings.databaseUrl,
    max: 3,
    application_name: `${settings.applicationName}`,
  });
  pool.on('error', (error) =>
    settings.log.warn({ error: error.message }, 'idle connection to Postgres lost'),
  );
  let closing: Promise<void> | null = null;
  return {
    live: new PostgresLogFeed(live),
    past: () => new PostgresLogFeed(past),
    bulks: new PostgresBulkStore(pool),
    outcomes: new PostgresCommandOutcomes(pool),
    expectPartitions: async (partitions) => {
      const { rows } = await pool.query<{ partitions: number }>('select partitions from topology');
      if (rows[0]?.partitions === partitions) return;
      throw new Error(
        `this database holds a log of ${rows[0]?.partitions} partitions, but ${partitions} were configured: ` +
          `set PARTITIONS=${rows[0]?.partitions}`,
      );
    },
    close: () => {
      closing ??= Promise.all([live.close(), past.close(), pool.end()]).then(() => undefined);
      return closing;
    },
  };
}

import type pg from 'pg';
import type { LogTopology, NamespaceUsage } from '#engine';
import { HotConnection, type Logger } from './connection/hot-connection.js';
import { openPool } from './connection/pool.js';
import { PostgresDueIndex } from './due/postgres-due-index.js';
import { PostgresLogFeed } from './feed/postgres-log-feed.js';
import { PostgresTimerLog } from './log/postgres-timer-log.js';
import { logPartitionsAheadDays } from './migrate.js';
import { PostgresRetention } from './retention/postgres-retention.js';
import { readTopology } from './topology/read-topology.js';
import { PostgresNamespaceUsage } from './usage/postgres-namespace-usage.js';

export interface PostgresStoreSettings {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Logger;
}

export interface PostgresStore {
  readonly log: PostgresTimerLog;
  /** The same log on a connection of its own: a second transaction may be in flight beside the first. */
  anotherLog(): PostgresTimerLog;
  readonly due: PostgresDueIndex;
  readonly feed: PostgresLogFeed;
  /** By a connection of its own, which is there while a round lasts. */
  readonly retention: PostgresRetention;
  readonly usage: NamespaceUsage;
  topology(): Promise<LogTopology>;
  /** Makes the coming days' log partitions, and forgets tombstones and published rejections that are a day old. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

const tidyMaxMs = 600_000;

/** Everything one process needs of the database: three hot connections and a small pool, opened on first use. */
export function openPostgresStore(settings: PostgresStoreSettings): PostgresStore {
  const connection = (role: string, durable = true) =>
    new HotConnection({ ...settings, applicationName: `${settings.applicationName} ${role}`, durable });
  const [writes, reads] = [connection('writes'), connection('reads')];
  // a mark that a crash takes back only repeats what was published
  const relay = connection('relay', false);
  const others: HotConnection[] = [];
  const pool = openPool({ ...settings, connectionsMax: 4 });
  /** Of a day, or of many where none was tidied up: in no hurry. */
  const tidying = (text: string, values: readonly unknown[] = []) => {
    const query: pg.QueryConfig & { query_timeout: number } = {
      text,
      values: [...values],
      query_timeout: tidyMaxMs,
    };
    return pool.query(query);
  };
  let closing: Promise<void> | null = null;
  return {
    log: new PostgresTimerLog(writes, pool),
    anotherLog: () => {
      const own = connection(`writes ${others.length + 2}`);
      others.push(own);
      return new PostgresTimerLog(own, pool);
    },
    due: new PostgresDueIndex(reads, pool),
    feed: new PostgresLogFeed(relay),
    usage: new PostgresNamespaceUsage(
      { ...settings, applicationName: `${settings.applicationName} usage` },
      pool,
    ),
    topology: () => readTopology(pool),
    retention: new PostgresRetention(settings.databaseUrl, `${settings.applicationName} retention`),
    tidy: async () => {
      await tidying('select ensure_log_partitions($1)', [logPartitionsAheadDays]);
      await tidying(`delete from timer_tombstone where deleted_at < clock_timestamp() - interval '1 day'`);
      await tidying(`delete from unchanged_command where recorded_at < clock_timestamp() - interval '1 day'`);
      await tidying(
        `delete from rejection where recorded_at < clock_timestamp() - interval '1 day' and published_at is not null`,
      );
    },
    close: () => {
      const connections = [writes, ...others, reads, relay].map((own) => own.close());
      closing ??= Promise.all([...connections, pool.end()]).then(() => undefined);
      return closing;
    },
  };
}

import pg from 'pg';
import { afterAll } from 'vitest';
import { ByDatabase, onlyDatabase } from '#engine';
import { expandLog, migrate, openPostgresQueries, openPostgresStore, PostgresRetention } from '#postgres';
import {
  bulkStoreContract,
  dueIndexContract,
  expansionContract,
  logFeedContract,
  type QueriesSubject,
  type RetentionSubject,
  retentionContract,
  splitSubject,
  timerLogContract,
  timerQueriesContract,
} from '#testing';
import { freshDatabase } from '../../../test/harness/database.js';
import { age } from '../../../test/retention/aged.js';
import { PostgresBulkStore } from './bulk/postgres-bulk-store.js';

const partitions = 8;
const log = { warn: () => undefined };
const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

/** A database of its own for each suite run; `another` is a second connection, as another process has one. */
async function open(place = onlyDatabase): Promise<QueriesSubject & RetentionSubject> {
  const database = await freshDatabase();
  await migrate(database.url, partitions, place);
  const settings = { databaseUrl: database.url, applicationName: 'contract', log };
  const [store, others] = [openPostgresStore(settings), [] as ReturnType<typeof openPostgresStore>[]];
  const reading = openPostgresQueries(settings);
  const locks: pg.Client[] = [];
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  return {
    log: store.log,
    due: store.due,
    feed: store.feed,
    usage: store.usage,
    queries: reading.queries,
    forgetBefore: async (timerId, version) => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('delete from event_log where stream_id = $1 and version < $2', [timerId, version]);
      await client.end();
    },
    openRetention: () => new PostgresRetention(database.url, 'contract retention'),
    age: (days) => age(pool, days),
    partitions,
    expand: (to) => expandLog(pool, to),
    another: async () => {
      const other = openPostgresStore(settings);
      others.push(other);
      return other;
    },
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 1)),
    lockElsewhere: async (timerId) => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      locks.push(client);
      await client.query('begin');
      await client.query('select from timer_state where id = $1 for update', [timerId]);
      return () => client.end();
    },
    close: async () => {
      await Promise.all([
        pool.end(),
        store.close(),
        reading.close(),
        ...others.map((other) => other.close()),
      ]);
      await database.drop();
    },
  };
}

timerLogContract('Postgres', () => open());
dueIndexContract('Postgres', () => open());
logFeedContract('Postgres', () => open());
expansionContract('Postgres', () => open());
retentionContract('Postgres', () => open());
timerQueriesContract('Postgres', () => open());
timerQueriesContract('Postgres, two databases', async () =>
  splitSubject(new ByDatabase([await open({ number: 0, of: 2 }), await open({ number: 1, of: 2 })])),
);

bulkStoreContract('Postgres', async () => {
  const database = await freshDatabase();
  await migrate(database.url, partitions);
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  return {
    store: new PostgresBulkStore(pool),
    clear: async () => void (await pool.query('truncate bulk_request')),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 1)),
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
});

import pg from 'pg';
import { migrate, openPostgresQueries, openPostgresStore } from '#postgres';
import { sleep } from '#runtime';
import { bulkWorkerContract } from '#testing';
import { freshDatabase } from '../../../../test/harness/database.js';
import { PostgresBulkStore } from './postgres-bulk-store.js';

const partitions = 8;

bulkWorkerContract('Postgres', async () => {
  const database = await freshDatabase();
  await migrate(database.url, partitions);
  const settings = {
    databaseUrl: database.url,
    applicationName: 'bulk',
    partitions,
    log: { warn: () => undefined },
  };
  const [store, reading] = [openPostgresStore(settings), openPostgresQueries(settings)];
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  return {
    log: store.log,
    queries: reading.queries,
    bulks: new PostgresBulkStore(pool),
    now: () => store.due.now(),
    clear: async () => void (await pool.query('truncate bulk_request')),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 1)),
    sleep,
    close: async () => {
      await Promise.all([store.close(), reading.close(), pool.end()]);
      await database.drop();
    },
  };
});

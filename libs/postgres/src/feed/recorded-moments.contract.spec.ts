import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate, openPostgresStore, type PostgresStore } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';

let [store, pool] = [null as unknown as PostgresStore, null as unknown as pg.Pool];
let drop: () => Promise<unknown>;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = () => database.drop();
  await migrate(database.url, 1);
  store = openPostgresStore({
    databaseUrl: database.url,
    applicationName: 'moments',
    log: { warn: () => undefined },
  });
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
});
afterAll(async () => {
  await Promise.all([store.close(), pool.end()]);
  await drop();
});

const record = (position: number, at: string) =>
  pool.query(
    `insert into event_log (partition, position, stream_id, version, type, record_key, data, recorded_at)
     values (0, $1, gen_random_uuid(), 1, 'TimerCreated', 'n/k', '{}', now() + $2::interval)`,
    [position, at],
  );
const after = async (position: bigint) =>
  (await store.feed.readAfter(new Map([[0, position]]), 100)).map((event) => event.position);

it('leaves out no event whose moment lies before that of the one before it', async () => {
  await record(1, '6 hours');
  expect(await after(0n)).toEqual([1n]);
  await record(2, '0');
  await record(3, '6 hours');
  expect(await after(1n)).toEqual([2n, 3n]);
});

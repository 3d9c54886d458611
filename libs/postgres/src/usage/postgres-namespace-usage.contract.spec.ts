import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openPostgresStore, type PostgresStore, rebuild, verify } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';
import { createTimer } from '../../../testing/src/contract/writing.js';

const namespace = 'n';
const log = { warn: () => undefined };

describe('the count of a namespace', () => {
  let store: PostgresStore;
  let pool: pg.Pool;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    await migrate(database.url, 4);
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    store = openPostgresStore({ databaseUrl: database.url, applicationName: 'usage', log });
    for (const key of ['a', 'b', 'c']) await createTimer(store.log, {}, { namespace, key });
  });
  afterAll(async () => {
    await Promise.all([store.close(), pool.end()]);
    await drop();
  });

  it('begins anew over what somebody left who died before it was whole', async () => {
    await pool.query(`insert into namespace_usage (namespace, partition, timers) values ($1, 0, 7)`, [
      namespace,
    ]);
    expect(await store.usage.read()).toEqual(new Map());
    await store.usage.count([namespace]);
    expect(await store.usage.read()).toEqual(new Map([[namespace, 3]]));
  });

  it('is compared with the timers by verify, and made anew after a rebuild', async () => {
    expect((await verify(pool)).findings).toEqual([]);
    await pool.query('update namespace_usage set timers = timers + 1 where partition = 0');
    const [finding] = (await verify(pool)).findings;
    expect(finding).toEqual({
      what: 'usage-differs',
      detail: 'namespace n is counted with 4 live timers and has 3',
    });
    await rebuild(pool);
    expect((await verify(pool)).findings).toEqual([]);
    await store.usage.count([namespace]);
    expect(await store.usage.read()).toEqual(new Map([[namespace, 3]]));
  });

  it('is one at a time: who comes second waits, and finds it done', async () => {
    const holder = await pool.connect();
    await holder.query(`select pg_advisory_lock(hashtext('carillon.namespace-usage'))`);
    let isDone = false;
    const second = store.usage.count(['other']).then(() => {
      isDone = true;
    });
    await expect
      .poll(async () => {
        const waiting = await pool.query(
          `select from pg_stat_activity where application_name = 'usage usage' and wait_event = 'advisory'`,
        );
        return waiting.rowCount;
      })
      .toBe(1);
    expect(isDone).toBe(false);
    holder.release(true);
    await second;
    expect((await store.usage.read()).get('other')).toBe(0);
  });
});

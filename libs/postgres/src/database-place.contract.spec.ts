import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { migrate, migrateAll, openPostgresStore, schemaState, verify } from '#postgres';
import { slotOfTimerId } from '#timer';
import { freshDatabase } from '../../../test/harness/database.js';
import { createTimer } from '../../testing/src/contract/writing.js';
import { DatabasePlaceError } from './database-place.js';

describe('the place of a database', () => {
  const opened: Awaited<ReturnType<typeof freshDatabase>>[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.drop()));
  });
  const open = async (): Promise<string> => {
    const database = await freshDatabase();
    opened.push(database);
    return database.url;
  };
  const ask = async <T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<T>(sql);
    await client.end();
    return rows;
  };
  const partitionsOf = async (url: string): Promise<number[]> =>
    (await ask<{ partition: number }>(url, 'select partition from log_head order by partition')).map(
      ({ partition }) => partition,
    );

  it('decides which partitions of the log it has, and is kept', async () => {
    const [a, b] = [await open(), await open()];
    await migrateAll([a, b], 8);
    await migrateAll([a, b], 8);
    expect(await partitionsOf(a)).toEqual([0, 2, 4, 6]);
    expect(await partitionsOf(b)).toEqual([1, 3, 5, 7]);
    const pool = new pg.Pool({ connectionString: b, max: 1 });
    expect((await schemaState(pool)).place).toEqual({ number: 1, of: 2 });
    await pool.end();
  });

  it('is not another one later: order, number and a database named twice are refused with what to do', async () => {
    const [a, b] = [await open(), await open()];
    await migrateAll([a, b], 8);
    await expect(migrateAll([b, a], 8)).rejects.toThrow(/was set up as number 2 of 2.*put it in that place/);
    await expect(migrateAll([a, a], 8)).rejects.toThrow(
      /set up as number 1 of 2, but is configured as number 2 of 2/,
    );
    await expect(migrate(a, 8)).rejects.toThrow(/name all 2 in DATABASE_URLS/);
    await expect(migrateAll([a, b, await open(), await open()], 8)).rejects.toBeInstanceOf(
      DatabasePlaceError,
    );
  });

  it('of one that was set up before it was noted is that of the only one', async () => {
    const [a, b] = [await open(), await open()];
    await migrate(a, 8);
    await ask(a, `drop table database_place; delete from schema_migration where name like 'DatabasePlace%'`);
    await expect(migrateAll([a, b], 8)).rejects.toThrow(
      /number 1 of 1, but is configured as number 1 of 2.*DATABASE_URL\b/,
    );
    await migrate(a, 8);
    expect(await partitionsOf(a)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('says which timers it may have: another one is found by verify', async () => {
    const url = await open();
    await migrate(url, 8);
    const settings = {
      databaseUrl: url,
      applicationName: 'place',
      partitions: 8,
      log: { warn: () => undefined },
    };
    const store = openPostgresStore(settings);
    const timers = [];
    for (let n = 0; n < 8; n += 1)
      timers.push(await createTimer(store.log, {}, { namespace: 'n', key: `k-${n}` }));
    await store.close();
    await ask(url, 'update database_place set databases = 2; delete from log_head where partition % 2 = 1');
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    const { findings } = await verify(pool);
    await pool.end();
    const strangers = timers.map(({ id }) => id).filter((id) => slotOfTimerId(id) % 2 === 1);
    expect(strangers.length).toBeGreaterThan(0);
    expect(findings.map(({ what, timerId }) => [what, timerId])).toEqual(
      strangers.toSorted().map((id) => ['wrong-database', id]),
    );
  });

  it('is told without the password', async () => {
    const url = new URL(await open());
    await migrate(url.toString(), 8);
    url.password = 'secret';
    const error = await migrate(url.toString(), 8, { number: 0, of: 2 }).catch(
      (failure: Error) => failure.message,
    );
    expect(error).not.toContain('secret');
  });
});

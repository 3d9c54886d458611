import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { freshDatabase } from '../../../../test/harness/database.js';
import { lookAtDatabases } from './databases-look.js';
import { horizonHolder } from './postgres-look.js';

describe('who holds vacuum back', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await freshDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 1 });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  async function session(name: string, run: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: database.url, application_name: name });
    await client.connect();
    try {
      await run(client);
    } finally {
      await client.end();
    }
  }

  it('is the session with the oldest snapshot, by its name and its age', () =>
    session('a dump', async (dump) => {
      await dump.query('begin isolation level repeatable read');
      await dump.query('select from pg_class limit 1');
      await pool.query('create table meanwhile ()');
      await session('a late one', async (late) => {
        await late.query('begin isolation level repeatable read');
        await late.query('select from pg_class limit 1');
        const holder = await horizonHolder(pool);
        expect(holder?.who).toMatch(/^a transaction of a dump \(pid \d+\)$/);
        expect(holder?.ageMs).toBeGreaterThan(0);
        expect(holder?.transactions).toBeGreaterThan(0);
      });
    }));
  it('is told to a user who may not see what others do, without its age', () =>
    session('somebody', async (other) => {
      const role = `spec_looker_${process.pid}`;
      await other.query('begin isolation level repeatable read');
      await other.query('select from pg_class limit 1');
      await pool.query(`create role ${role}`);
      await pool.query(`set role ${role}`);
      try {
        const holder = await horizonHolder(pool);
        expect(holder?.who).toMatch(/^a transaction of .*\(pid \d+\)$/);
        expect(holder?.ageMs).toBeNull();
      } finally {
        await pool.query('reset role');
        await pool.query(`drop role ${role}`);
      }
    }));
  it('is a session that wrote and then did nothing', () =>
    session('a forgotten one', async (forgotten) => {
      await forgotten.query('begin');
      await forgotten.query('create table forgotten ()');
      expect((await horizonHolder(pool))?.who).toContain('a forgotten one');
    }));
  it('is nobody where sessions are idle or only ask', () =>
    session('an idle one', async (idle) => {
      await idle.query('select 1');
      expect(await horizonHolder(pool)).toBeNull();
    }));
});

it('looks at each database by itself: one that is away is named, and does not hide the other', async () => {
  const database = await freshDatabase();
  const away = new URL(database.url);
  away.port = String(await freePort());
  const { findings } = await lookAtDatabases([away.href, database.url]);
  expect(findings).toContainEqual(expect.objectContaining({ what: 'Postgres 1 of 2', state: 'bad' }));
  expect(findings).toContainEqual(expect.objectContaining({ what: 'Postgres 2 of 2', state: 'ok' }));
  await database.drop();
});

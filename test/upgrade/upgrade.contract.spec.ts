import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { MigrationBlockedError, migrate, rebuild, verify } from '#postgres';
import { freshDatabase } from '../harness/database.js';
import { Lives } from './life.js';

const here = new URL('../../libs/postgres/', import.meta.url);
const fixtures = readdirSync(new URL('fixtures/', here)).filter((file) => file.endsWith('-rows.sql'));
const migrations = readdirSync(new URL('migrations/', here)).sort();
const textOf = (path: string): string => readFileSync(new URL(path, here), 'utf8');

/** The database as it was: the schema of its last migration, and the rows that the code of that day wrote. */
async function restored(fixture: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const last = fixture.slice(0, 4);
  const database = await freshDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const file of migrations.filter((name) => name.slice(0, 4) <= last))
    await client.query(textOf(`migrations/${file}`));
  await client.query(
    'create table schema_migration (id serial primary key, timestamp bigint not null, name varchar not null)',
  );
  await client.query(textOf(`fixtures/${fixture}`));
  await client.end();
  return database;
}

describe('a database that an earlier version wrote', () => {
  it.each(fixtures)(
    'starts with this one, goes on, and folds to its state once that is made anew (%s)',
    async (fixture) => {
      const database = await restored(fixture);
      await migrate(database.url, 4);
      const pool = new pg.Pool({ connectionString: database.url });
      const before = await verify(pool);
      expect(before.timers).toBeGreaterThan(10);
      // a newer fold keeps more of the same log than the rows of that day have room for; nothing else differs
      expect(before.findings.filter(({ what }) => what !== 'state-differs')).toEqual([]);

      await goOn(database.url);
      await rebuild(pool);
      const after = await verify(pool);
      expect(after.findings).toEqual([]);
      expect(after.events).toBeGreaterThan(before.events);
      const lives = await Lives.on(database.url);
      await lives.fire();
      await lives.answer('gone', 'CloseEvent');
      await lives.end();
      expect((await verify(pool)).findings).toEqual([]);
      await pool.end();
      await database.drop();
    },
  );
});

describe('a migration that needs a table which somebody reads for long', () => {
  it('has nobody wait behind it, says whom it waits for, and goes on when that has ended', async () => {
    const database = await restored('0001-rows.sql');
    const [reader, other] = ['a long dump', 'another'].map(
      (name) => new pg.Client({ connectionString: database.url, application_name: name }),
    ) as [pg.Client, pg.Client];
    await Promise.all([reader.connect(), other.connect()]);
    await reader.query('begin');
    await reader.query('select from timer_spec limit 1');
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const migrated = migrate(database.url, 4, undefined, { tell });
    migrated.catch(() => undefined);
    await other.query(`set statement_timeout = '3s'`);
    // until it has tried in vain and begun to pause: each of these comes before, behind or after it
    do await other.query('select count(*) from timer_spec');
    while (told.length === 0);
    expect(told).toEqual([
      expect.stringMatching(/oldest transaction is that of a long dump \(pid \d+\), since .* UTC$/),
    ]);
    await reader.query('commit');
    expect(await migrated).toBe(4);
    await Promise.all([reader.end(), other.end()]);
    await database.drop();
  });
  it('gives up when that does not end, with what to do', async () => {
    const database = await restored('0001-rows.sql');
    const reader = new pg.Client({ connectionString: database.url, application_name: 'a long dump' });
    await reader.connect();
    await reader.query('begin');
    await reader.query('select from timer_spec limit 1');
    const blocked = await migrate(database.url, 4, undefined, { lockWaitMaxMs: 0 }).catch((error) => error);
    expect(blocked).toBeInstanceOf(MigrationBlockedError);
    expect(blocked.message).toMatch(
      /a long dump \(pid \d+\).*; end that, or wait for its end, and migrate again/,
    );
    await reader.end();
    await database.drop();
  });
});

/** What was due fires, what was open is closed, what was there is changed: as if nothing had happened between. */
async function goOn(databaseUrl: string): Promise<void> {
  const lives = await Lives.on(databaseUrl);
  await lives.fire();
  await lives.fire();
  expect((await lives.state('self-1')).fires).toBeGreaterThan(3);
  expect((await lives.state('closed')).summary).toEqual({ text: 'done' });
  expect((await lives.state('open')).spec.data).toEqual({ text: '\u0000 open \ud800' });
  await lives.answer('open', 'CloseEvent', { summary: { text: 'by the new code' } });
  expect((await lives.state('open')).open).toBeNull();
  await lives.say('paused', { type: 'ResumeTimer' });
  await lives.say('changed', { type: 'UpdateTimer', set: { tags: ['new'] } });
  await lives.create('gone', {});
  await lives.end();
}

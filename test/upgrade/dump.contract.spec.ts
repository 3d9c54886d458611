import pg from 'pg';
import { expect, it } from 'vitest';
import { migrate, openPostgresStore, verify } from '#postgres';
import { freshDatabase } from '../harness/database.js';
import { dumpedTables, dumpRows } from './dump.js';
import { live } from './life.js';

const namesIn = async (pool: pg.Pool, text: string): Promise<string[]> =>
  (await pool.query<{ name: string }>(text)).rows.map(({ name }) => name);

const tables = `select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
  and relnamespace = 'public'::regnamespace order by 1`;
const indexesOfTheLog = `select indexname as name from pg_indexes where tablename in
  (select 'event_log_' || to_char(recorded_at at time zone 'UTC', 'YYYYMMDD') from event_log) order by 1`;

it('a dump has every table, and fills an empty database of the same schema with the same', async () => {
  const [from, to] = [await freshDatabase(), await freshDatabase()];
  await migrate(from.url, 4);
  await live(from.url);
  await countTimers(from.url);
  await migrate(to.url, 4);
  const [source, target] = [from, to].map(({ url }) => new pg.Pool({ connectionString: url }));
  if (source === undefined || target === undefined) throw new Error('two databases were opened');
  expect(dumpedTables.toSorted()).toEqual(await namesIn(source, tables));

  // as a schema that nobody has begun to use, on another day
  await target.query(`truncate ${dumpedTables.join(', ')}`);
  for (const part of await namesIn(
    target,
    `select relname as name from pg_class where relispartition and relkind = 'r'`,
  ))
    await target.query(`drop table ${part}`);
  await target.query(await dumpRows(source));
  const { timers, events } = await verify(source);
  expect(await verify(target)).toEqual({ timers, events, findings: [], isCut: false });
  expect(await namesIn(target, indexesOfTheLog)).toEqual(await namesIn(source, indexesOfTheLog));
  await Promise.all([source.end(), target.end()]);
  await Promise.all([from.drop(), to.drop()]);
});

async function countTimers(databaseUrl: string): Promise<void> {
  const log = { warn: () => undefined };
  const store = openPostgresStore({ databaseUrl, applicationName: 'dump', log });
  await store.usage.count(['default']);
  await store.close();
}

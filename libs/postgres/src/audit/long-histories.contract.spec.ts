import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, rebuild, verify } from '#postgres';
import { type Database, freshDatabase } from '../../../../test/harness/database.js';

const [timers, eventsEach] = [3, 1_000];
const fact = (version: string) =>
  `format('{"type":"EventTriggered","at":1,"eventId":"0193bd3b-1111-7000-8000-%s","scheduledFor":1,"startedAt":1,"nextFireAt":1}', lpad(${version}::text, 12, '0'))`;

/** Answers of a database, and the largest of them. */
function watched(pool: pg.Pool): { readonly pool: pg.Pool; largest: number } {
  const seen = { pool: Object.create(pool) as pg.Pool, largest: 0 };
  seen.pool.connect = (async () => {
    const client = await pool.connect();
    const asked = Object.create(client) as pg.PoolClient;
    asked.query = (async (...question: Parameters<typeof client.query>) => {
      const answer = (await client.query(...question)) as unknown as pg.QueryResult;
      seen.largest = Math.max(seen.largest, answer.rows.length);
      return answer;
    }) as unknown as typeof client.query;
    asked.release = () => client.release();
    return asked;
  }) as typeof pool.connect;
  return seen;
}

let database: Database;
let pool: pg.Pool;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url, 4);
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  await pool.query(
    `insert into event_log (position, recorded_at, stream_id, version, partition, type, record_key, data)
     select (t - 1) * ${eventsEach} + v - 1, now(), format('0193bd3b-0000-7000-8000-00000000000%s', t)::uuid, v, 0, 'EventTriggered', 'n/k', ${fact('v')}
     from generate_series(1, ${timers}) t, generate_series(2, ${eventsEach} + 1) v`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('long histories', () => {
  it('are verified with a part of one in memory', async () => {
    const seen = watched(pool);
    const { events, findings } = await verify(seen.pool);
    expect(events).toBe(timers * eventsEach);
    expect(findings.filter(({ timerId }) => timerId !== undefined).map(({ what }) => what)).toEqual(
      Array.from({ length: timers }, () => 'log-cut-off'),
    );
    expect(seen.largest).toBeLessThanOrEqual(500);
  });
  it('are made anew from with a part of one in memory', async () => {
    const seen = watched(pool);
    expect(await rebuild(seen.pool)).toEqual({ timers: 0, removed: 0, cutOff: timers });
    expect(seen.largest).toBeLessThanOrEqual(500);
  });
});

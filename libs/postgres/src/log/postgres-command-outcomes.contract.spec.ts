import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openPostgresApiStore, type PostgresApiStore } from '#postgres';
import { type CommandId, mintTimerId, slotOf } from '#timer';
import { type Database, freshDatabase } from '../../../../test/harness/database.js';

const id = (): CommandId => randomUUID() as CommandId;
const timerId = mintTimerId(Date.now(), slotOf('n', 'busy'), randomBytes(10));
const gone = mintTimerId(Date.now() - 1_000, slotOf('n', 'busy'), randomBytes(10));
const [latest, deleted, unchanged, ofToday, ofLongAgo] = [id(), id(), id(), id(), id()];
const byName = { namespace: 'n', key: 'busy' };

let database: Database;
let pool: pg.Pool;
let store: PostgresApiStore;

beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url, 4);
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  store = openPostgresApiStore([database.url], {
    applicationName: 'outcomes',
    log: { warn: () => undefined },
  });
  await pool.query(
    `insert into timer_spec (id, created_at, slot, namespace, key, hook_class, tags, spec)
     values ($1, now(), 1, 'n', 'busy', '', '{}', '{}')`,
    [timerId],
  );
  await pool.query(
    `insert into timer_state (id, version, attempt, fires, slot, status, phase, recent) values ($1, 9, 0, 0, 1, 0, 0, $2)`,
    [timerId, `${id()}:+7,${id()}:8,${latest}:+9`],
  );
  await pool.query(
    `insert into timer_tombstone (id, deleted_at, namespace, key, recent) values ($1, now(), 'n', 'busy', $2)`,
    [gone, `${deleted}:5`],
  );
  await pool.query(`insert into unchanged_command (command_id, timer_id, version) values ($1, $2, 7)`, [
    unchanged,
    timerId,
  ]);
  await pool.query(`select ensure_log_partition((now() at time zone 'UTC')::date - 2)`);
  for (const [commandId, version, ago] of [
    [ofLongAgo, 2, '25 hours'],
    [ofToday, 3, '23 hours'],
  ])
    await pool.query(
      `insert into event_log (position, recorded_at, stream_id, command_id, version, partition, type, record_key, data)
       values ($1::int, now() - $2::interval, $3, $4, $1::int, 0, 'TimerUpdated', 'n/busy', '{}')`,
      [version, ago, timerId, commandId],
    );
});
afterAll(async () => {
  await store.close();
  await pool.end();
  await database.drop();
});

/** While nobody can read the log. */
async function withoutLog(work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('lock table event_log in access exclusive mode');
  try {
    await work();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

describe('what became of a command', () => {
  it('is told by what the timer remembers, without a look at the log', () =>
    withoutLog(async () => {
      for (const target of [byName, { timerId }]) {
        expect(await store.outcomes.appliedTo(target, latest)).toEqual({ timerId, version: 9 });
        expect(await store.outcomes.appliedTo(target, unchanged)).toEqual({ timerId, version: 7 });
      }
      for (const target of [byName, { timerId: gone }])
        expect(await store.outcomes.appliedTo(target, deleted)).toEqual({ timerId: gone, version: 5 });
    }));
  it('is looked up in the last day of the log, and not before', async () => {
    for (const target of [byName, { timerId }]) {
      expect(await store.outcomes.appliedTo(target, ofToday)).toEqual({ timerId, version: 3 });
      expect(await store.outcomes.appliedTo(target, ofLongAgo)).toBeNull();
    }
  });
  it('leaves API keys their connections, however many wait for it', async () => {
    const asked: Promise<unknown>[] = [];
    await withoutLog(async () => {
      for (let n = 0; n < 8; n += 1) asked.push(store.outcomes.appliedTo(byName, id()));
      // it waits five seconds for a connection where all are taken
      expect(await store.keys.list(1)).toEqual([]);
    });
    expect(await Promise.all(asked)).toEqual(asked.map(() => null));
  });
});

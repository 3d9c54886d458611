import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HotConnection, migrate, PostgresDueIndex, PostgresTimerLog } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';
import { eventually } from '../../../../test/harness/wait.js';
import {
  createTimer,
  fire,
  loadWith,
  nothing,
  request,
  transact,
} from '../../../testing/src/contract/writing.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
const connections: HotConnection[] = [];

function openLog(): PostgresTimerLog {
  const log = { warn: () => undefined };
  // both wait for as long as the spec lets them
  const bounds = { lockTimeoutMs: 60_000, transactionTimeoutMs: 60_000, answerTimeoutMs: 60_000 };
  const connection = new HotConnection({
    databaseUrl: database.url,
    applicationName: 'split',
    log,
    ...bounds,
  });
  connections.push(connection);
  return new PostgresTimerLog(connection, pool);
}

beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url, 4);
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
});
afterAll(async () => {
  for (const connection of connections) await connection.close();
  await pool.end();
  await database.drop();
});

/** Until so many transactions wait for a lock. */
const waiting = (count: number) =>
  eventually(`${count} wait for a lock`, async () => {
    const { rowCount } = await pool.query(
      "select from pg_stat_activity where datname = current_database() and application_name = 'split' and wait_event_type = 'Lock'",
    );
    return rowCount === count;
  });

it('hands out what has been owed for a month', async () => {
  const log = openLog();
  const { emissionId } = await fire(log, (await createTimer(log)).id);
  await pool.query(`update fire_batch set created_at = now() - interval '31 days' where id = $1`, [
    emissionId,
  ]);
  const due = new PostgresDueIndex(connections.at(-1) as HotConnection, pool);
  const claimed = await due.claimPendingEmissions(1_000, 60_000, 20);
  expect(claimed.map(({ id, ageMs }) => [id, Math.floor(ageMs / 86_400_000)])).toEqual([[emissionId, 31]]);
});

it('holds back the deadline of what Kafka refused from a load that waited while its row was split', async () => {
  const [splitting, loading] = [openLog(), openLog()];
  const { id } = await createTimer(splitting, { ackTimeout: '1ms' });
  const { emissionId, state } = await fire(splitting, id);
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query('select from fire_batch where id = $1 for update', [emissionId]);
    const rest = {
      entries: [{ timerId: id, version: state.version }],
      present: [id],
      restMs: 60_000,
    };
    // has the timer, and waits for the row
    const split = transact(splitting, request({ targets: [{ timerId: id }] }), () => ({
      ...nothing,
      emitted: [{ id: emissionId, refused: rest }],
    }));
    await waiting(1);
    const load = loadWith(loading, { due: [id] });
    await waiting(2);
    await holder.query('commit');
    await split;
    expect((await load).due).toMatchObject([{ state: { id }, emissionPending: true }]);
  } finally {
    holder.release();
  }
});

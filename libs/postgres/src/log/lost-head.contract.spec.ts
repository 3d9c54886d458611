import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decideAll, type ReadableCommand, TransientLogError } from '#engine';
import { HotConnection, migrate, PostgresTimerLog } from '#postgres';
import { type CommandId, decide, evolve, mintTimerId, slotOf } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';

const partitions = 4;
const none = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
const [first, beside, elsewhere] = keysByPartition();
let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
let connection: HotConnection;
let timerLog: PostgresTimerLog;

beforeAll(async () => {
  database = await freshDatabase();
  await migrate(database.url, partitions);
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const log = { warn: () => undefined };
  connection = new HotConnection({ databaseUrl: database.url, applicationName: 'lost head', log });
  timerLog = new PostgresTimerLog(connection, pool);
});
afterAll(async () => {
  await connection.close();
  await pool.end();
  await database.drop();
});

it('writes nothing at all where a partition has no head, and blames no command for it', async () => {
  await createAll([first]);
  await pool.query('delete from log_head where partition = $1', [slotOf('n', first) % partitions]);
  for (const keys of [[beside], [beside, elsewhere]]) {
    const refused = await createAll(keys).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TransientLogError);
    expect(refused).toMatchObject({
      isConflict: false,
      message: expect.stringContaining('no row in log_head'),
    });
  }
  expect(await written()).toEqual({ timers: 1, positions: [1] });

  // as every process does when it starts
  await migrate(database.url, partitions);
  await createAll([beside]);
  expect(await written()).toEqual({ timers: 2, positions: [1, 2] });
});

async function written(): Promise<{ timers: number; positions: number[] }> {
  const { rows } = await pool.query<{ position: number }>(
    'select position::int from event_log order by position',
  );
  const { rowCount } = await pool.query('select from timer_state');
  return { timers: rowCount ?? 0, positions: rows.map(({ position }) => position) };
}

function createAll(keys: readonly string[]): Promise<unknown> {
  const envelopes = keys.map((key) => {
    const target = { namespace: 'n', key };
    const commandId = randomUUID() as CommandId;
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' };
    const command = { type: 'CreateTimer', commandId, ...target, timer } as const;
    return {
      source: { topic: 't', partition: 0, offset: 0n },
      key: null,
      value: null,
      reply: null,
      content: { kind: 'command', commandId, target, command } satisfies ReadableCommand,
    };
  });
  const targets = envelopes.map(({ content }) => content.target);
  return timerLog.transact({ ...none, targets }, (loaded) => {
    const mint = (slot: number) => mintTimerId(loaded.now, slot, new Uint8Array(9));
    return decideAll(envelopes, loaded, { decide, evolve }, mint).writes;
  });
}

/** Two of one partition, and one of another. */
function keysByPartition(): [string, string, string] {
  const partitionOf = (key: string): number => slotOf('n', key) % partitions;
  const [one = '', ...others] = Array.from({ length: 64 }, (_, n) => `k${n}`);
  const find = (isBeside: boolean): string =>
    others.find((key) => (partitionOf(key) === partitionOf(one)) === isBeside) ?? '';
  return [one, find(true), find(false)];
}

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, it } from 'vitest';
import { decideAll, type ReadableCommand, TransientLogError } from '#engine';
import { HotConnection, migrate, PostgresTimerLog } from '#postgres';
import { type CommandId, decide, evolve, mintTimerId } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';

const none = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
const target = { namespace: 'n', key: 'k' };
const log = { warn: () => undefined };

/** The whole process stands still, as one does that gets no processor. */
const standStill = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

function transact(timerLog: PostgresTimerLog, command: object): Promise<unknown> {
  const commandId = randomUUID() as CommandId;
  const envelope = {
    source: { topic: 't', partition: 0, offset: 0n },
    key: null,
    value: null,
    reply: null,
    content: { kind: 'command', commandId, target, command: { ...command, commandId } } as ReadableCommand,
  };
  return timerLog.transact({ ...none, targets: [target] }, (loaded) => {
    const mint = (slot: number) => mintTimerId(loaded.now, slot, new Uint8Array(9));
    return decideAll([envelope], loaded, { decide, evolve }, mint).writes;
  });
}

it('writes nothing when its session was cut off between what it read and what it decided', async () => {
  const database = await freshDatabase();
  await migrate(database.url, 4);
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const connection = new HotConnection({
    databaseUrl: database.url,
    applicationName: 'lost session',
    log,
    // not over by itself between two statements on a busy machine
    idleInTransactionTimeoutMs: 1_000,
  });
  const timerLog = new PostgresTimerLog(connection, pool);
  try {
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' };
    await transact(timerLog, { type: 'CreateTimer', ...target, timer });
    // the rows and the news that the session has ended arrive together, when the process goes on
    setImmediate(() => standStill(4_000));
    const cutOff = transact(timerLog, { type: 'PauseTimer' });
    await expect(cutOff).rejects.toBeInstanceOf(TransientLogError);
    const { rows } = await pool.query('select type from event_log order by position');
    expect(rows).toEqual([{ type: 'TimerCreated' }]);
    await transact(timerLog, { type: 'PauseTimer' });
  } finally {
    await connection.close();
    await pool.end();
    await database.drop();
  }
});

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EventWrite, pageLimitMax } from '#engine';
import { type CommandId, decide, evolve, mintTimerId, type TimerCommand, type TimerState } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';
import { HotConnection } from '../connection/hot-connection.js';
import { migrate } from '../migrate.js';
import { readAround } from '../queries/histories.js';
import { readsBy } from '../queries/read-pool.js';
import { PostgresTimerLog } from './postgres-timer-log.js';

const none = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
const events = 2 * pageLimitMax + 500;
const atOnce = 500;
let [pool, connection] = [null as unknown as pg.Pool, null as unknown as HotConnection];
let log: PostgresTimerLog;
let drop: () => Promise<unknown>;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = () => database.drop();
  await migrate(database.url, 1);
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  connection = new HotConnection({
    databaseUrl: database.url,
    applicationName: 'long history',
    log: { warn: () => undefined },
  });
  log = new PostgresTimerLog(connection, pool);
});
afterAll(async () => {
  await Promise.all([connection.close(), pool.end()]);
  await drop();
});

/** A timer of so many events, and all that it was. */
async function grow(): Promise<TimerState[]> {
  const states: TimerState[] = [];
  for (let version = 1; version <= events; version += atOnce) {
    const before = states.at(-1) ?? null;
    await log.transact(
      { ...none, targets: before === null ? [] : [{ timerId: before.id }] },
      ({ byId, now }) => {
        const loaded = before === null ? null : (byId.get(before.id) ?? null);
        let after = loaded;
        const writes = Array.from({ length: atOnce }, (_, index): EventWrite => {
          const commandId = randomUUID() as CommandId;
          const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' };
          const command: TimerCommand =
            after === null
              ? {
                  type: 'CreateTimer',
                  commandId,
                  timerId: mintTimerId(now, 0, Buffer.alloc(9)),
                  namespace: 'n',
                  key: 'k',
                  timer,
                }
              : { type: 'UpdateTimer', commandId, set: { tags: [String(version + index)] } };
          const decision = decide(after, command, now);
          const event = decision.ok ? decision.events[0] : undefined;
          if (event === undefined) throw new Error('each of these changes the timer');
          const write = { version: version + index, commandId, event, meta: {} };
          after = evolve(after, write);
          if (after !== null) states.push(after);
          return write;
        });
        return {
          streams: [{ before: loaded, after, events: writes, emission: null }],
          rejections: [],
          unchanged: [],
          emission: null,
          emitted: [],
        };
      },
    );
  }
  return states;
}

it('folds a long history a page at a time, for the state at a version and the one before it', async () => {
  const states = await grow();
  const { id } = states[0] as TimerState;
  const pages: number[] = [];
  const reads = readsBy(pool);
  const counting = {
    rows: async (text: string, values: readonly unknown[]) => {
      const rows = await reads.rows(text, values);
      pages.push(rows.length);
      return rows;
    },
  };
  for (const version of [1, pageLimitMax, pageLimitMax + 1, events])
    expect(await readAround(counting, id, version)).toEqual({
      before: states[version - 2] ?? null,
      state: states[version - 1],
    });
  expect(Math.max(...pages)).toBe(pageLimitMax);
  expect(await log.stateAt(id, events)).toEqual(states.at(-1));
  expect(await log.stateAt(id, events, events - 1)).toBeNull();
  expect(await log.stateAt(id, events + 1)).toBeNull();
});

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openPostgresStore, type PostgresStore } from '#postgres';
import {
  type CommandId,
  decideWithZoneData,
  evolve,
  mintTimerId,
  slotOf,
  type TimerInput,
  type TimerState,
} from '#timer';
import { freshDatabase } from '../../../test/harness/database.js';
import { tzCheckCommand } from './tz-check.js';

const partitions = 8;

describe('carillon tz-check', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let store: PostgresStore;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrate(database.url, partitions);
    const log = { warn: () => undefined };
    store = openPostgresStore({ databaseUrl: database.url, applicationName: 'tz-check', log });
    await create('paris\u001b[2J', 'Europe/Paris');
    await create('tokyo', 'Asia/Tokyo');
    await create('fixed', '+09:00');
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  async function create(key: string, timeZone: string): Promise<void> {
    const timer: TimerInput = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone };
    const timerId = mintTimerId(1, slotOf('default', key), new Uint8Array(9).fill(key.length));
    const commandId = crypto.randomUUID() as CommandId;
    const target = { namespace: 'default', key };
    await store.log.transact(
      { offsets: [], targets: [target], commandIds: [], due: [], dueElsewhere: [] },
      ({ now }) => {
        const decision = decideWithZoneData('2019a')(
          null,
          { type: 'CreateTimer', commandId, timerId, ...target, timer },
          now,
        );
        if (!decision.ok) throw new Error(decision.rejection.message);
        const events = decision.events.map((event, index) => ({
          version: index + 1,
          commandId,
          event,
          meta: {},
        }));
        const after = events.reduce<TimerState | null>(evolve, null);
        return {
          streams: [{ before: null, after, events, emission: null }],
          rejections: [],
          emission: null,
          emitted: [],
          unchanged: [],
        };
      },
    );
  }
  async function check(
    options: { readonly json?: boolean },
    movedMax?: number,
  ): Promise<{ code: number; out: string }> {
    let out = '';
    const write = (line: string): void => {
      out += line;
    };
    const code = await tzCheckCommand(options, [database.url], write, movedMax);
    return { code, out };
  }

  it('finds nothing while every next time is where the zone data puts it', async () => {
    const { code, out } = await check({});
    expect(code).toBe(0);
    expect(out).toContain('2 timers depend on a named zone; all are where the zone data');
  });
  it('lists a timer whose next time was computed with other data, and exits with 1', async () => {
    await move('paris');
    const { code, out } = await check({ json: true });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      tz: process.versions.tz,
      checked: 2,
      moved: [{ key: 'paris\u001b[2J', timeZone: 'Europe/Paris', storedTz: '2019a' }],
      isCut: false,
    });
    expect((await check({}, 1)).out).toMatch(
      /^default\/paris\\u001b\[2J {2}Europe\/Paris {2}stored .*\n2 timers depend .*\n$/,
    );
  });
  it('says that it stopped before all was read', async () => {
    await move('tokyo');
    expect((await check({}, 1)).out).toMatch(/; 1 would be elsewhere .*\nit stopped there, not all was read/);
    expect(JSON.parse((await check({ json: true }, 1)).out)).toMatchObject({ moved: [{}], isCut: true });
  });

  async function move(keyPrefix: string): Promise<void> {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    await pool.query(
      `update timer_state set next_tick = next_tick + interval '1 hour', next_fire_at = next_fire_at + interval '1 hour'
       where id = (select id from timer_spec where starts_with(key, $1))`,
      [keyPrefix],
    );
    await pool.end();
  }
});

import pg from 'pg';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Retention, type RetentionReport, type RetentionStore } from '#engine';
import {
  migrate,
  openPostgresQueries,
  openPostgresStore,
  PostgresRetention,
  type PostgresStore,
  rebuild,
  verify,
} from '#postgres';
import { decide, type EpochMs, evolve, type TimerId } from '#timer';
import { freshDatabase, poolOf } from '../harness/database.js';
import { eventually } from '../harness/wait.js';
import { Lives, live } from '../upgrade/life.js';
import { age, logParts, publishAll } from './aged.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const logDays = 30;
const none = { logDays: 0, endedDays: 0, archiveDays: 0 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let url = '';
let pool: pg.Pool;
let store: PostgresStore;
const closers: (() => Promise<unknown>)[] = [];
const closeAll = async () => {
  for (const close of closers.splice(0).reverse()) await close();
};
afterAll(closeAll);

beforeEach(async () => {
  await closeAll();
  const database = await freshDatabase();
  url = database.url;
  await migrate(url, 4);
  const opened = poolOf(database);
  ({ pool } = opened);
  store = openPostgresStore({ databaseUrl: url, applicationName: 'spec', log: quiet });
  closers.push(opened.close, () => store.close());
});

const retentionOn = (by: RetentionStore = new PostgresRetention(url, 'spec retention')): Retention =>
  new Retention({
    store: by,
    log: store.log,
    timer: { decide, evolve },
    logger: quiet,
    sleep,
    clock: Date.now,
  });
const run = (policy: Partial<typeof none>, by?: RetentionStore): Promise<RetentionReport | null> =>
  retentionOn(by).run({ ...none, ...policy }, new AbortController().signal);
const findings = async () => (await verify(pool)).findings;

async function timerId(key: string): Promise<TimerId> {
  const { rows } = await pool.query<{ id: TimerId }>('select id from timer_spec where key = $1', [key]);
  if (rows[0] === undefined) throw new Error(`no timer ${key}`);
  return rows[0].id;
}

/** Sees the whole log for as long as it is open, as pg_dump and verify do. */
async function longReader(): Promise<() => Promise<unknown>> {
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  await reader.query('begin isolation level repeatable read read only');
  await reader.query('select count(*) from event_log');
  return () => reader.end();
}

const detaching = async (): Promise<number | null> => {
  const { rows } = await pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where query like '%detach partition%' and pid <> pg_backend_pid() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.pid ?? null;
};

describe('a log whose days are over', () => {
  beforeEach(async () => {
    await live(url);
    await age(pool, 40);
  });

  it('stays while it is needed; is dropped once every timer has a snapshot; what folds from it is the same, and goes on', async () => {
    const parts = await logParts(pool);
    expect((await run({ logDays }))?.kept?.reason).toContain('not on the change feed yet');
    await publishAll(pool);
    await pool.query(`update fire_batch set created_at = created_at - interval '40 days'`);
    expect((await run({ logDays }))?.kept?.reason).toContain('not in Kafka yet');
    await pool.query(`update fire_batch set created_at = created_at + interval '40 days'`);
    // a clock that jumped: nothing was recorded since
    await pool.query(`update log_head set recorded_at = recorded_at - interval '40 days'`);
    expect(await run({ logDays })).toMatchObject({ dropped: [], snapshotted: 0, kept: null });
    await pool.query(`update log_head set recorded_at = recorded_at + interval '40 days'`);
    expect(await logParts(pool)).toEqual(parts);

    const open = await timerId('open');
    const before = await store.log.stateAt(open, 2);
    const report = await run({ logDays });
    expect(report).toMatchObject({ kept: null, archived: 0 });
    expect(report?.dropped.length).toBeGreaterThan(0);
    const { rows } = await pool.query<{ count: number }>('select count(*)::int from timer_state');
    expect(report?.snapshotted).toBe(rows[0]?.count);
    expect(await logParts(pool)).toEqual(parts.filter((name) => !report?.dropped.includes(name)));
    expect(await findings()).toEqual([]);
    await rebuild(pool);
    expect(await findings()).toEqual([]);

    const reading = openPostgresQueries({ databaseUrl: url, applicationName: 'spec', log: quiet });
    closers.push(() => reading.close());
    const { queries } = reading;
    expect(await queries.stateAtVersion(open, 2)).toEqual({ kind: 'expired' });
    expect(await queries.stateAtMoment(open, (Date.now() - 86_400_000) as EpochMs)).toEqual({
      kind: 'expired',
    });
    const state = { ...before, version: 3 };
    expect(await queries.stateAtVersion(open, 3)).toEqual({ kind: 'state', state });
    expect((await queries.history(open, {}, 10)).entries.map(({ event }) => event.type)).toEqual([
      'TimerSnapshotted',
    ]);

    const lives = await Lives.on(url);
    await lives.answer('open', 'CloseEvent');
    await lives.fire();
    await lives.end();
    expect(await findings()).toEqual([]);
  });

  it('is taken up by whoever comes next, wherever the one before was killed; readers and writers go on meanwhile', async () => {
    await publishAll(pool);
    const dying = new PostgresRetention(url, 'spec dying');
    dying.drop = () => Promise.reject(new Error('killed'));
    await expect(run({ logDays }, dying)).rejects.toThrow('killed');
    expect(await findings()).toEqual([]);
    const { rows: snapshots } = await pool.query(`select from event_log where type = 'TimerSnapshotted'`);

    const endReading = await longReader();
    const second = run({ logDays }).catch((error: unknown) => String(error));
    const pid = await eventually('the detach waits for the reader', detaching);
    // a writer writes, beside the reader and the waiting detach
    const lives = await Lives.on(url);
    await lives.create('meanwhile', {});
    await lives.end();
    await pool.query('select pg_terminate_backend($1)', [pid]);
    expect(await second).toContain('terminat');
    const { rows: begun } = await pool.query('select name from log_partition_drop');
    expect(begun).toHaveLength(1);
    await endReading();

    const report = await run({ logDays });
    expect(report).toMatchObject({ dropped: [begun[0].name], snapshotted: 0, kept: null });
    expect(await logParts(pool)).not.toContain(begun[0].name);
    expect((await pool.query('select from log_partition_drop')).rows).toEqual([]);
    const { rows: still } = await pool.query(`select from event_log where type = 'TimerSnapshotted'`);
    expect(still).toHaveLength(snapshots.length);
    expect(await findings()).toEqual([]);
  });
});

describe('a day of the log', () => {
  it('is made while the log is read for long, and writers do not wait either', async () => {
    const endReading = await longReader();
    const client = await pool.connect();
    await client.query(`set lock_timeout = '1s'`);
    await client.query('select ensure_log_partition(current_date + 20)');
    client.release(true);
    await endReading();
    expect((await logParts(pool)).length).toBeGreaterThan(9);
  });

  it('that somebody dropped by hand is told of by verify, and rebuild takes no timer away for want of it', async () => {
    const lives = await Lives.on(url);
    await lives.create('cut', {});
    await age(pool, 40);
    await lives.say('cut', { type: 'PauseTimer' });
    await lives.end();
    const [oldest = ''] = await logParts(pool);
    await pool.query(`drop table ${oldest}`);
    const id = await timerId('cut');
    const cutOff = {
      what: 'log-cut-off',
      timerId: id,
      detail: expect.stringContaining('begin at version 2'),
    };
    expect(await findings()).toEqual([cutOff]);
    expect(await rebuild(pool)).toEqual({ timers: 0, removed: 0, cutOff: 1 });
    expect(await timerId('cut')).toBe(id);
  });

  it('that held all of a timer is no reason to take the timer away, unless somebody says so', async () => {
    const lives = await Lives.on(url);
    await lives.create('whole', {});
    await age(pool, 40);
    await lives.create('young', {});
    await lives.end();
    const [oldest = ''] = await logParts(pool);
    await pool.query(`drop table ${oldest}`);
    const id = await timerId('whole');
    expect(await findings()).toEqual([
      { what: 'state-without-log', timerId: id, detail: expect.stringContaining('no event') },
    ]);
    expect(await rebuild(pool)).toEqual({ timers: 1, removed: 0, cutOff: 1 });
    expect(await timerId('whole')).toBe(id);
    const { rowCount } = await pool.query('select from timer_state where id = $1', [id]);
    expect(rowCount).toBe(1);

    expect(await rebuild(pool, { removesUnlogged: true })).toEqual({ timers: 1, removed: 1, cutOff: 0 });
    expect(await findings()).toEqual([]);
  });

  it('that is detached is dropped by whoever comes next, and by one process at a time', async () => {
    const [part = ''] = await logParts(pool);
    await pool.query('insert into log_partition_drop (name) values ($1)', [part]);
    await pool.query(`alter table event_log detach partition ${part}`);
    await new PostgresRetention(url, 'other').exclusively(async () => {
      expect(await run({})).toBeNull();
    });
    expect((await run({}))?.dropped).toEqual([part]);
    expect(await logParts(pool)).not.toContain(part);
  });
});

describe('timers that ended long ago', () => {
  it('leave for the archive, but for those that say themselves when they go and those that were leased', async () => {
    const lives = await Lives.on(url);
    const once = { schedPolicyType: 'ONCE', schedPolicyExpr: '1ms', hookClass: '' } as const;
    for (const key of ['a', 'b']) await lives.create(key, once);
    await lives.create('kept', { ...once, keepFor: '7d' });
    await lives.create('waiting', { ...once, schedPolicyExpr: '30d' });
    await lives.create('leased', once);
    await lives.say('leased', { type: 'AcquireLease', holder: 'me', ttl: '1ms' });
    await sleep(5);
    await lives.fire();
    const ids = { a: await timerId('a'), b: await timerId('b') };
    await sleep(50);
    const aMoment = 0.05 / 86_400;
    expect(await run({ endedDays: aMoment })).toMatchObject({ archived: 2, dropped: [] });
    const { rows } = await pool.query('select key from timer_spec order by key');
    expect(rows.map(({ key }) => key)).toEqual(['kept', 'leased', 'waiting']);
    expect(await findings()).toEqual([]);
    expect(await run({ endedDays: aMoment })).toMatchObject({ archived: 0 });

    const reading = openPostgresQueries({ databaseUrl: url, applicationName: 'spec', log: quiet });
    closers.push(() => reading.close());
    expect(await reading.queries.byId(ids.a)).toMatchObject({ endedReason: 'done', spec: { key: 'a' } });
    expect((await reading.queries.history(ids.a, {}, 10)).entries.at(-1)?.event.type).toBe('TimerDeleted');
    await lives.create('a', once);
    expect(await timerId('a')).not.toBe(ids.a);
    await lives.end();
    expect(await run({ archiveDays: 1 })).toMatchObject({ forgotten: 0 });
    expect(await run({ archiveDays: 1e-9 })).toMatchObject({ forgotten: 2 });
    expect(await reading.queries.byId(ids.b)).toBeNull();
  });
});

describe('a database whose clock is not what it was', () => {
  it('records no moment that falls, and its readers miss nothing, when the clock was set back', async () => {
    const lives = await Lives.on(url);
    const partitions = [0, 1, 2, 3];
    const positions = new Map(partitions.map((partition) => [partition, 0n]));
    const readAll = async (): Promise<number> => {
      let count = 0;
      for (;;) {
        const events = await store.feed.readAfter(positions, 100);
        if (events.length === 0) return count;
        for (const { partition, position } of events) positions.set(partition, position);
        count += events.length;
      }
    };
    for (let n = 0; n < 20; n += 1)
      await lives.create(`before-${n}`, { schedPolicyType: 'ONCE', schedPolicyExpr: '1d' });
    // two days ahead of what it says now, when it wrote that
    await pool.query(`update event_log set recorded_at = recorded_at + interval '2 days'`);
    await pool.query(
      `update log_head set recorded_at = recorded_at + interval '2 days' where recorded_at > '-infinity'`,
    );
    expect(await readAll()).toBe(20);
    for (let n = 0; n < 20; n += 1)
      await lives.create(`after-${n}`, { schedPolicyType: 'ONCE', schedPolicyExpr: '1d' });
    await lives.end();
    expect(await readAll()).toBe(20);
    const { rows } = await pool.query(
      `select from (select recorded_at < lag(recorded_at) over (partition by partition order by position) as falls from event_log) e where falls`,
    );
    expect(rows).toEqual([]);
  });

  it('refuses no command for want of a day in the log: it waits for one', async () => {
    const today = `event_log_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
    await pool.query(`alter table event_log detach partition ${today}`);
    const lives = await Lives.on(url);
    const creating = lives.create('patient', {});
    await sleep(300);
    await pool.query(`drop table ${today}`);
    await store.tidy();
    await creating;
    expect(await timerId('patient')).toBeDefined();
    const { rows } = await pool.query('select from rejection');
    expect(rows).toEqual([]);
    await lives.end();
  });
});

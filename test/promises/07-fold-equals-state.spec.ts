import { afterEach, describe, expect, it } from 'vitest';
import { rebuild } from '#postgres';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';
import { age, logParts } from '../retention/aged.js';

describe('fold equals state', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('finds a state that the log does not give, and makes it anew from the log', async () => {
    cluster = await Cluster.open();
    const [, fire] = await Promise.all([
      cluster.start('scheduler', { QUOTAS: '{"default":{"timers":1000}}' }),
      cluster.start('fire'),
    ]);
    const client = await cluster.client();
    const due = await cluster.due('h');
    await cluster.send([
      ...Array.from({ length: 50 }, (_, i) =>
        createCommand(`self-${i}`, {
          schedPolicyType: 'INTERVAL',
          schedPolicyExpr: '100ms',
          tags: ['a', 'b'],
        }),
      ),
      createCommand('open', {
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '1h',
        hookClass: 'h',
        data: 'x\u0000y\ud800',
      }),
      createCommand('retrying', { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h' }),
      createCommand('gone', { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' }),
    ]);
    const retrying = await eventually('the event is there', () =>
      due.deliveries().find(({ event }) => event.timer.key === 'retrying'),
    );
    await client.retryEvent(
      { key: 'retrying' },
      { eventId: retrying.event.eventId, attempt: 1, error: 'no', after: '1h', data: 'other' },
    );
    await client.pauseTimer({ key: 'self-0' });
    await client.updateTimer(
      { key: 'self-1' },
      { enable: false, watermark: '2026-01-01T00:00:00.000Z', tags: [] },
    );
    await client.deleteTimer({ key: 'gone' });
    await eventually('much has happened', async () => (await cluster.count('EventClosed')) > 500);
    await fire.stop();
    const clean = await cluster.verify();
    expect(clean.findings).toEqual([]);
    expect(clean.events).toBeGreaterThan(1_000);

    await cluster.pool.query(
      `update timer_state set fires = fires + 1 where id = (select id from timer_spec where key = 'self-7')`,
    );
    await cluster.pool.query(
      `delete from timer_state where id = (select id from timer_spec where key = 'self-8')`,
    );
    await cluster.pool.query(`delete from timer_spec where key = 'self-8'`);
    expect((await cluster.verify()).findings.map(({ what }) => what).sort()).toEqual([
      'state-differs',
      'state-missing',
      'usage-differs',
    ]);

    await rebuild(cluster.pool);
    expect((await cluster.verify()).findings).toEqual([]);
    // counted anew
    await client.createTimer({ key: 'new', schedPolicyType: 'ONCE', schedPolicyExpr: '1d' });
    const { rows } = await cluster.pool.query<{ timers: number }>(
      'select sum(timers)::int as timers from namespace_usage having bool_or(partition = -1)',
    );
    expect(rows).toEqual([{ timers: 53 }]);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('still, when days of the log are gone, by a scheduler that was killed amid its snapshots and by the next', async () => {
    cluster = await Cluster.open();
    const [first, fire] = await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const waiting = { schedPolicyType: 'ONCE', schedPolicyExpr: '30d' };
    await cluster.send([
      createCommand('ticking', { schedPolicyType: 'INTERVAL', schedPolicyExpr: '100ms' }),
      ...Array.from({ length: 300 }, (_, i) => createCommand(`waiting-${i}`, waiting)),
    ]);
    await eventually('all of it is there', async () => (await cluster.count('TimerCreated')) === 301);
    await eventually('it has ticked', async () => (await cluster.count('EventClosed')) > 5);
    await fire.stop();
    await eventually('all of it is published', async () => {
      const { rows } = await cluster.pool.query(
        'select from log_head h join relay_checkpoint c using (partition) where c.position < h.next - 1',
      );
      return rows.length === 0;
    });
    await first.stop();
    await age(cluster.pool, 40);
    const days = await logParts(cluster.pool);

    // the second of two batches waits for this row
    const holder = await cluster.pool.connect();
    await holder.query('begin');
    await holder.query('select from timer_state order by id desc limit 1 for update');
    const killed = await cluster.start('scheduler', { LOG_RETENTION_DAYS: '30' });
    await eventually('it is in the middle', async () => (await cluster.count('TimerSnapshotted')) === 200);
    await killed.kill();
    await holder.query('rollback');
    holder.release();
    expect(await cluster.verify()).toMatchObject({ findings: [], timers: 301 });
    expect(await logParts(cluster.pool)).toEqual(days);

    const next = await cluster.start('scheduler', { LOG_RETENTION_DAYS: '30' });
    await eventually('the days are gone', () => next.has('retention has done its round'));
    expect((await logParts(cluster.pool)).length).toBeLessThan(days.length);
    expect(await cluster.count('TimerCreated')).toBe(0);
    expect(await cluster.count('TimerSnapshotted')).toBe(301);
    expect(await cluster.verify()).toMatchObject({ findings: [], timers: 301 });
    await cluster.start('fire');
    await eventually('it ticks on', async () => (await cluster.count('EventClosed')) > 5);
    await rebuild(cluster.pool);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('finds a log that has a hole', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    await cluster.send([createCommand('t', { schedPolicyType: 'INTERVAL', schedPolicyExpr: '50ms' })]);
    await eventually('a few events', async () => (await cluster.count('EventClosed')) > 5);
    await cluster.pool.query('delete from event_log where version = 4');
    const findings = (await cluster.verify()).findings.map(({ what }) => what);
    expect(findings).toContain('version-gap');
    expect(findings).toContain('position-gap');
  });
});

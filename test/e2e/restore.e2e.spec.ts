import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { verify } from '#postgres';
import { Cluster, createCommand } from '../harness/cluster.js';
import { freshDatabase, poolOf } from '../harness/database.js';
import { PostgresTools } from '../harness/postgres-tools.js';
import { eventually } from '../harness/wait.js';

const folder = mkdtempSync(join(tmpdir(), 'restore-'));
const file = join(folder, 'carillon.dump');
/** Its first event stays the first attempt, however long all of this takes. */
const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h', ackTimeout: '1h' };

describe('a database restored from pg_dump', () => {
  let cluster: Cluster;
  const closers: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    await cluster.close();
    for (const close of closers) await close();
    rmSync(folder, { recursive: true });
  });

  it('agrees with its log; what was commanded after the dump is read again from Kafka; timers go on', async () => {
    const tools = await PostgresTools.get();
    cluster = await Cluster.open();
    const processes = await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const client = await cluster.client();
    const due = await cluster.due('h');
    await cluster.send([
      ...Array.from({ length: 20 }, (_, i) =>
        createCommand(`ticking-${i}`, { schedPolicyType: 'INTERVAL', schedPolicyExpr: '50ms' }),
      ),
      ...Array.from({ length: 20 }, (_, i) => createCommand(`open-${i}`, { ...hourly, data: 'x\u0000y' })),
    ]);
    await eventually('events are open', () => due.deliveries().length === 20);
    await client.pauseTimer({ key: 'open-1' });
    await client.deleteTimer({ key: 'open-2' });
    await eventually('it ticks', async () => (await cluster.count('EventClosed')) > 200);
    // all of it goes on meanwhile
    await tools.dump(cluster.databaseUrl, file);
    const close = (key: string, summaryData: string) => {
      const { event } = due.deliveries().find((delivery) => delivery.event.timer.key === key) ?? {};
      return client.closeTimerEvent({ key }, { eventId: event?.eventId ?? '', attempt: 1, summaryData });
    };
    await client.createTimer({ key: 'after', schedPolicyType: 'ONCE', schedPolicyExpr: '30d' });
    await close('open-3', 'closed after the dump');
    await Promise.all(processes.map((process) => process.kill()));

    const database = await freshDatabase();
    const { pool, close: closePool } = poolOf(database);
    closers.push(closePool);
    await tools.restore(file, database.url);
    const restored = await verify(pool);
    expect(restored.findings).toEqual([]);
    expect(restored.timers).toBeGreaterThanOrEqual(40);
    const named = async (key: string) =>
      (await pool.query('select id from timer_spec where key = $1', [key])).rows.length;
    expect(await named('after')).toBe(0);

    const env = { DATABASE_URL: database.url };
    await cluster.start('scheduler', env);
    await eventually('it is made again', async () => (await named('after')) === 1);
    const closed = `select from event_log where type = 'EventClosed' and data like '%closed after the dump%'`;
    await eventually('and closed again', async () => (await pool.query(closed)).rows.length === 1);
    // a due event that was emitted before the dump is what it was
    await close('open-0', 'closed after the restore');
    const ticks = async () =>
      (await pool.query(`select count(*)::int as n from event_log where type = 'EventTriggered'`)).rows[0].n;
    const before = await ticks();
    await cluster.start('fire', env);
    await eventually('timers go on', async () => (await ticks()) > before + 40);
    await eventually('and are published', async () => {
      const { rows } = await pool.query(
        'select from log_head h join relay_checkpoint c using (partition) where c.position < h.next - 100',
      );
      return rows.length === 0;
    });
    expect((await verify(pool)).findings).toEqual([]);
  });
});

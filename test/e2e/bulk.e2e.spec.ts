import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { BulkId } from '#engine';
import { openPostgresBulks } from '#postgres';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

describe('a bulk', () => {
  let cluster: Cluster;
  afterAll(() => cluster.close());

  it('is finished by another scheduler when the one that works at it is killed, each timer once', async () => {
    cluster = await Cluster.open();
    const schedulers = [await cluster.start('scheduler'), await cluster.start('scheduler')];
    const total = 1_500;
    await cluster.send(
      Array.from({ length: total }, (_, i) =>
        createCommand(`t-${i}`, {
          schedPolicyType: 'INTERVAL',
          schedPolicyExpr: '1h',
          tags: [i % 3 === 0 ? 'spared' : 'meant'],
        }),
      ),
    );
    await eventually('all are there', async () => (await cluster.count('TimerCreated')) >= total, 60_000);
    const { store, close } = openPostgresBulks({
      databaseUrl: cluster.databaseUrl,
      applicationName: 'spec',
      log: { warn: () => undefined },
    });
    const id = randomUUID() as BulkId;
    await store.add({ id, action: { type: 'pause' }, condition: { tags: ['meant'] }, actor: 'ada' });
    await eventually('it has begun', async () => ((await store.find(id))?.matched ?? 0) > 0, 60_000);
    await schedulers[0]?.kill();
    await eventually('it is done', async () => (await store.find(id))?.status === 'done', 110_000);

    const counts = { matched: 1_000, applied: 1_000, refusals: [] };
    expect(await store.find(id)).toMatchObject(counts);
    expect(await cluster.count('TimerPaused')).toBe(1_000);
    const { rows } = await cluster.pool.query(
      `select count(*)::int as n from event_log where type = 'TimerPaused' and meta::json ->> 'actor' = 'ada'`,
    );
    expect(rows).toEqual([{ n: 1_000 }]);
    expect((await cluster.pool.query('select from rejection')).rows).toEqual([]);
    expect((await cluster.verify()).findings).toEqual([]);
    await close();
  });
});

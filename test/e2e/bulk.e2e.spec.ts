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
    const schedulers = await Promise.all([cluster.start('scheduler'), cluster.start('scheduler')]);
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
    await eventually('all are there', async () => (await cluster.count('TimerCreated')) >= total);
    const { store, close } = openPostgresBulks({
      databaseUrl: cluster.databaseUrl,
      applicationName: 'spec',
      log: { warn: () => undefined },
    });
    const id = randomUUID() as BulkId;
    await store.add({ id, action: { type: 'pause' }, condition: { tags: ['meant'] }, actor: 'ada' });
    await eventually('it has begun', async () => ((await store.find(id))?.matched ?? 0) > 0);
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

  it('is asked for by HTTP as one request, which tells how far it has come', async () => {
    const { url } = await cluster.api();
    const ask = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-carillon-actor': 'bob' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const condition = { tags: ['meant'] };
    const counted = async (wanted: object) =>
      (await ask('POST', '/v1/timers/count', { condition: wanted })).body.count;
    const begun = await ask('POST', '/v1/bulk', { action: 'resume', condition });
    expect([begun.status, begun.body.status]).toEqual([202, 'running']);
    const path = `/v1/bulk/${String(begun.body.id)}`;
    const seen: unknown[] = [];
    await eventually(
      'it is done',
      async () => {
        const { status, applied } = (await ask('GET', path)).body;
        seen.push(applied);
        return status === 'done';
      },
      110_000,
    );
    expect(seen).toEqual(seen.toSorted((a, b) => Number(a) - Number(b)));
    expect((await ask('GET', path)).body).toMatchObject({
      matched: 1_000,
      applied: 1_000,
      refusals: [],
      actor: 'bob',
    });
    expect(await counted({ status: ['paused'] })).toBe(0);

    await ask('POST', '/v1/bulk', {
      action: 'retag',
      condition,
      tags: { add: ['gone soon'], remove: ['meant'] },
    });
    await eventually(
      'all have the new tag',
      async () => (await counted({ tags: ['gone soon'] })) === 1_000,
      110_000,
    );
    await ask('POST', '/v1/bulk', { action: 'delete', condition: { tags: ['gone soon'] } });
    await eventually('only the others are left', async () => (await counted({})) === 500, 110_000);
    expect(await counted({ tags: ['spared'] })).toBe(500);
  });
});

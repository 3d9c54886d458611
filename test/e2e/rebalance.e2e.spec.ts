import { afterAll, describe, expect, it } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

describe('schedulers that come and go', () => {
  let cluster: Cluster;
  afterAll(() => cluster.close());

  it('apply every command once, whoever joins, leaves or dies meanwhile', async () => {
    cluster = await Cluster.open();
    const first = await cluster.start('scheduler');
    const total = 6_000;
    let sent = 0;
    const feed = (async () => {
      while (sent < total) {
        await cluster.send(
          Array.from({ length: 50 }, (_, i) =>
            createCommand(`t-${sent + i}`, { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' }),
          ),
        );
        sent += 50;
      }
    })();
    const second = await cluster.start('scheduler');
    await eventually('some are applied', async () => (await cluster.count('TimerCreated')) > 1_000);
    await first.stop();
    const third = await cluster.start('scheduler');
    await eventually('more are applied', async () => (await cluster.count('TimerCreated')) > 2_000);
    await second.kill();
    await feed;
    await eventually('all are applied', async () => (await cluster.count('TimerCreated')) >= total);
    expect(await cluster.count('TimerCreated')).toBe(total);
    // applied twice would be refused once
    expect((await cluster.pool.query('select from rejection')).rows).toEqual([]);
    expect(third.hasExited).toBe(false);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

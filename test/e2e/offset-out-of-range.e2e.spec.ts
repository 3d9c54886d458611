import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

describe('a stored offset outside what the topic holds', () => {
  let cluster: Cluster;
  afterAll(() => cluster.close());

  it('is never moved silently: not ready, and the command to run', async () => {
    cluster = await Cluster.open();
    const first = await cluster.start('scheduler');
    await cluster.send([createCommand('before', hourly)]);
    await eventually('it is applied', async () => (await cluster.count('TimerCreated')) === 1);
    await first.stop();
    const { rows } = await cluster.pool.query<{ partition: number }>(
      'update consumer_offset set next_offset = 999 returning partition',
    );
    const partition = rows[0]?.partition;

    const port = await freePort();
    await cluster.start('scheduler', { HTTP_PORT: String(port) });
    const ready = await eventually('it says why it is not ready', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
      return response.status === 503 ? ((await response.json()) as { reason: string }) : null;
    });
    expect(ready.reason).toContain(`carillon offsets set ${cluster.topics.commands} ${partition} 1`);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    const after = await cluster.pool.query<{ next_offset: string }>(
      'select next_offset from consumer_offset',
    );
    expect(after.rows).toEqual([{ next_offset: '999' }]);
  });
});

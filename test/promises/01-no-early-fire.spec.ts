import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

describe('no early fire', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('fires nothing before its time by the database, though the process runs ahead of it by jumps of up to two seconds', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire', { FAULT: 'jumpy-clock' })]);
    const start = Date.now();
    const timers = 400;
    await cluster.send(
      Array.from({ length: timers }, (_, i) =>
        createCommand(`early-${i}`, {
          schedPolicyType: 'ONCE',
          schedPolicyExpr: new Date(start + 500 + i * 8).toISOString(),
          hookClass: i % 2 === 0 ? 'h' : '',
        }),
      ),
    );
    await eventually('all have fired', async () => (await cluster.count('EventTriggered')) === timers);

    const fired = await cluster.events(`type = 'EventTriggered'`);
    const early = fired.filter(({ data, recorded_at }) => {
      const due = Date.parse(String(data.scheduledFor));
      return Date.parse(String(data.startedAt)) < due || recorded_at.getTime() < due;
    });
    expect(early).toEqual([]);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

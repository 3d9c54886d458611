import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const residentMb = (pid: number): number => {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
};

describe('memory is bounded', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('fires many more timers than it may hold, all of them, within its bound of entries', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    const timers = 6_000;
    const at = new Date(Date.now() + 4_000).toISOString();
    await cluster.send(
      Array.from({ length: timers }, (_, i) =>
        createCommand(`t-${i}`, { schedPolicyType: 'ONCE', schedPolicyExpr: at }),
      ),
    );
    await eventually('all are created', async () => (await cluster.count('TimerCreated')) === timers);
    // one in twenty fits
    const fire = await cluster.start('fire', { ARMED_MAX: '300' });
    await eventually('all have fired', async () => (await cluster.count('EventTriggered')) === timers);
    const loads = fire.lines.flatMap((line) => {
      const loaded = /"timers":(\d+)/.exec(line);
      return loaded === null ? [] : [Number(loaded[1])];
    });
    // a share for each slot, rounded up
    expect(Math.max(...loads)).toBeLessThanOrEqual(512);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('fires timers whose data would not fit into memory together', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    const timers = 2_000;
    const data = 'x'.repeat(250_000);
    const at = new Date(Date.now() + 25_000).toISOString();
    for (let i = 0; i < timers; i += 50) {
      await cluster.send(
        Array.from({ length: 50 }, (_, n) =>
          createCommand(`t-${i + n}`, { schedPolicyType: 'ONCE', schedPolicyExpr: at, data }),
        ),
      );
    }
    await eventually('all are created', async () => (await cluster.count('TimerCreated')) === timers);
    const fire = await cluster.start('fire');
    await eventually(
      'all have fired',
      async () => (await cluster.count('EventTriggered')) === timers,
      90_000,
    );
    // 500 MB of data in all: the data alone is more than the process ever was
    expect(residentMb(fire.pid)).toBeLessThan(450);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { NewTimer } from '#client';
import { Cluster, closeCommand, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const spawning = (
  every: string,
  spawn: NonNullable<NewTimer['spawn']> = {},
  more: Partial<NewTimer> = {},
) => ({
  schedPolicyType: 'INTERVAL',
  schedPolicyExpr: every,
  spawn: { timer: { hookClass: 'work' }, overlap: 'allow' as const, openMax: 1_000, ...spawn },
  ...more,
});

describe('timers that spawn', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  /** Each fire of the parents has one child, and each child one parent's fire. */
  async function expectOneChildATick(): Promise<number> {
    const spawned = await cluster.events(`type = 'ChildSpawned'`);
    const born = await cluster.events(`type = 'TimerCreated' and data::jsonb->'spec' ? 'parent'`);
    const keys = spawned.map(({ data }) => `${data.childKey}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(born.map(({ record_key }) => record_key.slice('default/'.length)).sort()).toEqual(keys.sort());
    const { rows } = await cluster.pool.query<{ fires: number; key: string }>(
      `select fires, key from timer_state join timer_spec using (id) where key like 'parent-%' and key not like '%:%'`,
    );
    for (const { fires, key } of rows)
      expect(keys.filter((child) => child.startsWith(`${key}:`)).length).toBe(fires);
    expect((await cluster.verify()).findings).toEqual([]);
    return keys.length;
  }

  it('have one child a tick under two fire services, also when one of them is killed between spawn and emission', async () => {
    cluster = await Cluster.open();
    const due = await cluster.due('work');
    const [dying] = await Promise.all([
      cluster.start('fire', { FAULT: 'die-before-emission', FAULT_AFTER: '10' }),
      cluster.start('fire'),
      cluster.start('scheduler'),
    ]);
    await cluster.send(
      Array.from({ length: 20 }, (_, i) =>
        createCommand(`parent-${i}`, spawning('200ms', {}, { maxFires: 15, missed: { policy: 'all' } })),
      ),
    );
    await dying.exited;
    expect(dying.endedBy).toBe('SIGKILL');
    await eventually('every child is handed out', () => {
      const seen = new Set(due.deliveries().map(({ event }) => event.timer.key));
      return seen.size === 300;
    });
    expect(await expectOneChildATick()).toBe(300);
    const first = due.deliveries().find(({ event }) => event.timer.key === 'parent-0:1');
    expect(first?.event.attempt).toBe(1);
  });

  it.each([
    ['die-after-commit', 'EventClosed', 'with its end'],
    ['die-in-transaction', 'ChildEnded', 'before the parent has noted it'],
    ['die-after-commit', 'ChildEnded', 'after the parent has noted it'],
  ])(
    'hear of every child that ends, though the scheduler dies on the way (%s, %s: %s)',
    async (FAULT, FAULT_ON) => {
      cluster = await Cluster.open();
      const due = await cluster.due('work');
      const [, dying] = await Promise.all([
        cluster.start('fire'),
        cluster.start('scheduler', { FAULT, FAULT_ON }),
      ]);
      await cluster.send([
        createCommand('parent-0', spawning('100ms', { overlap: 'queueOne' }, { maxFires: 3 })),
      ]);
      const answered = new Set<string>();
      let isRestarted = false;
      await eventually('three children came and went', async () => {
        if (dying.hasExited && !isRestarted) {
          isRestarted = true;
          await cluster.start('scheduler');
        }
        const fresh = due.deliveries().filter(({ event }) => !answered.has(event.eventId));
        for (const { event } of fresh) answered.add(event.eventId);
        await cluster.send(fresh.map((delivery) => closeCommand(delivery)));
        return (await cluster.count('ChildEnded')) === 3;
      });
      expect(isRestarted).toBe(true);
      const ended = (await cluster.events(`type = 'ChildEnded'`)).map(({ data }) => data.childId);
      const spawned = (await cluster.events(`type = 'ChildSpawned'`)).map(({ data }) => data.childId);
      expect(ended).toEqual(spawned);
      // while a child is open none is beside it
      const life = await cluster.events(`type in ('ChildSpawned', 'ChildEnded')`);
      expect(life.map(({ type }) => type)).toEqual(
        Array.from({ length: 3 }, () => ['ChildSpawned', 'ChildEnded']).flat(),
      );
      expect(await expectOneChildATick()).toBe(3);
    },
  );

  it('a child that is deleted ends, too, and its parent hears of it within a second', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const client = await cluster.client();
    const parents = ['parent-0', 'parent-1', 'parent-2'];
    for (const key of parents) await client.createTimer({ key, ...spawning('1h', { overlap: 'skip' }) });
    await eventually('they are spawned', async () => (await cluster.count('ChildSpawned')) === 3);
    const heardMs: number[] = [];
    for (const [before, key] of parents.entries()) {
      await client.deleteTimer({ key: `${key}:1` });
      const known = async () => (await cluster.count('ChildEnded')) === before + 1;
      await eventually('its end is known', known, 5_000);
      const [deleted] = await cluster.events(`type = 'TimerDeleted' and record_key = 'default/${key}:1'`);
      const [ended] = await cluster.events(`type = 'ChildEnded' and record_key = 'default/${key}'`);
      heardMs.push(Number(ended?.recorded_at) - Number(deleted?.recorded_at));
    }
    // the machine may stand still in one of them
    expect(Math.min(...heardMs)).toBeLessThan(1_000);
  });
});

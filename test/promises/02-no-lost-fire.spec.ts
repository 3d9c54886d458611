import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';
import { MachineStalls } from '../harness/machine-stalls.js';
import { eventually } from '../harness/wait.js';

const once = (inMs: number, hookClass = 'h') => ({
  schedPolicyType: 'ONCE',
  schedPolicyExpr: `${inMs}ms`,
  hookClass,
});

describe('no lost fire', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it.each([
    ['die-in-transaction', 'while it holds the locks of a batch'],
    ['die-after-commit', 'after the commit, before it knows of it'],
    ['die-before-emission', 'after the commit, before the emission'],
    ['die-after-emission', 'after the emission, before the outbox row is gone'],
  ])(
    'emits every due event when the only fire process dies (%s: %s) and another one starts',
    async (FAULT) => {
      cluster = await Cluster.open();
      const [, dying] = await Promise.all([
        cluster.start('scheduler'),
        cluster.start('fire', { FAULT, FAULT_AFTER: '1' }),
      ]);
      const due = await cluster.due('h');
      const timers = 200;
      await cluster.send(
        Array.from({ length: timers }, (_, i) => createCommand(`t-${i}`, once(1_000 + i * 5))),
      );
      await dying.exited;
      expect(dying.endedBy).toBe('SIGKILL');
      await cluster.start('fire');
      await eventually(
        'every timer has its due event',
        () => new Set(due.deliveries().map(({ event }) => event.timer.key)).size === timers,
      );
      expect(await cluster.count('EventTriggered')).toBe(timers);
      expect((await cluster.verify()).findings).toEqual([]);
    },
  );

  it('emits and tries again what falls due together with timers whose topic the broker will not make', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    await cluster.start('fire');
    // two names that differ only in `.` and `_`: Kafka makes the first alone
    const due = await cluster.due('billing.v1');
    const at = new Date(Date.now() + 3_000).toISOString();
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: at, ackTimeout: '1s' };
    const retry = { maxAttempts: 3, backoff: 'fixed', min: '100ms', max: '100ms', jitter: false } as const;
    const timers = 20;
    const create = (hookClass: string) =>
      Array.from({ length: timers }, (_, i) =>
        createCommand(`${hookClass}-${i}`, { ...timer, retry, hookClass }),
      );
    await cluster.send([...create('billing_v1'), ...create('billing.v1')]);
    const attempts = (attempt: number) =>
      new Set(
        due
          .deliveries()
          .filter(({ event }) => event.attempt === attempt)
          .map(({ event }) => event.timer.key),
      );
    for (const attempt of [1, 2, 3])
      await eventually(`attempt ${attempt} of each`, () => attempts(attempt).size === timers);
    await eventually('each was given up', async () => (await cluster.count('EventGivenUp')) === timers);
    // nobody heard of the others, so none of their attempts is used up
    const open = await cluster.pool.query(
      `select s.attempt from timer_state s join timer_spec p using (id) where p.hook_class = 'billing_v1'`,
    );
    expect(open.rows).toEqual(Array.from({ length: timers }, () => ({ attempt: 1 })));
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('goes on within about a second when one of two fire processes is killed under load, and stays below three', async () => {
    cluster = await Cluster.open();
    const [victim] = await Promise.all([
      cluster.start('fire'),
      cluster.start('fire'),
      cluster.start('scheduler'),
    ]);
    const due = await cluster.due('h');
    const stalls = await MachineStalls.watch();
    onTestFinished(() => stalls.stop());
    const start = Date.now();
    const timers = 2_000;
    await cluster.send(
      Array.from({ length: timers }, (_, i) =>
        createCommand(`t-${i}`, {
          schedPolicyType: 'ONCE',
          schedPolicyExpr: new Date(start + 2_000 + i * 3).toISOString(),
          hookClass: 'h',
        }),
      ),
    );
    await eventually('a third has fired', async () => (await cluster.count('EventTriggered')) > timers / 3);
    await victim.kill();
    await eventually(
      'every timer has its due event',
      () => new Set(due.deliveries().map(({ event }) => event.timer.key)).size === timers,
    );

    const latenesses = (await cluster.events(`type = 'EventTriggered'`)).map(
      ({ data }) => Date.parse(String(data.startedAt)) - Date.parse(String(data.scheduledFor)),
    );
    expect(latenesses).toHaveLength(timers);
    expect(Math.max(...latenesses)).toBeLessThan(3_000 + (await stalls.longestMs(start)));
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('lets others go on while a process is frozen between its locks and its commit, and the frozen one changes nothing when it wakes', async () => {
    cluster = await Cluster.open();
    const [, frozen] = await Promise.all([
      cluster.start('scheduler'),
      cluster.start('fire', {
        FAULT: 'freeze-in-transaction',
        FIRE_GROUP_ID: `${cluster.prefix}-frozen`,
      }),
    ]);
    const due = await cluster.due('h');
    await cluster.send(Array.from({ length: 50 }, (_, i) => createCommand(`frozen-${i}`, once(300))));
    // the database takes them from it a second later: somebody who looks there may come too late
    await eventually('it sits on its locks', () => frozen.isFrozen);
    // commands of the very same partitions are applied meanwhile
    await cluster.send(Array.from({ length: 50 }, (_, i) => createCommand(`other-${i}`, once(100))));
    await eventually(
      'others are created',
      async () => (await cluster.events(`type = 'TimerCreated'`)).length === 100,
    );
    expect(frozen.isFrozen).toBe(true);
    await cluster.start('fire');
    await eventually(
      'every timer has its due event',
      () => new Set(due.deliveries().map(({ event }) => event.timer.key)).size === 100,
    );

    const before = await cluster.count('EventTriggered');
    frozen.signal('SIGCONT');
    await cluster.send([createCommand('after', once(10))]);
    await eventually('the last one fires', () =>
      due.deliveries().some(({ event }) => event.timer.key === 'after'),
    );
    expect(await cluster.count('EventTriggered')).toBe(before + 1);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

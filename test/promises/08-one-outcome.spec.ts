import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

describe('a command has one outcome', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it.each([
    ['die-in-transaction', 'while it holds the locks of a batch'],
    ['die-after-commit', 'after the commit, before a reply'],
  ])('applies each command once when the scheduler dies (%s: %s) and another one starts', async (FAULT) => {
    cluster = await Cluster.open();
    const dying = await cluster.start('scheduler', { FAULT });
    const timers = 1_000;
    const commands = Array.from({ length: timers }, (_, i) => createCommand(`t-${i}`, hourly));
    for (let i = 0; i < timers; i += 100) await cluster.send(commands.slice(i, i + 100));
    await dying.exited;
    await cluster.start('scheduler');
    await eventually('all are applied', async () => (await cluster.count('TimerCreated')) >= timers);
    expect(await cluster.count('TimerCreated')).toBe(timers);
    // a second delivery would have been refused: the timers were there already
    const { rows } = await cluster.pool.query('select from rejection');
    expect(rows).toEqual([]);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('applies each record once though two schedulers read every partition', async () => {
    cluster = await Cluster.open();
    await Promise.all([
      cluster.start('scheduler', { SCHEDULER_GROUP_ID: `${cluster.prefix}-one` }),
      cluster.start('scheduler', { SCHEDULER_GROUP_ID: `${cluster.prefix}-two` }),
    ]);
    const timers = 2_000;
    const commands = Array.from({ length: timers }, (_, i) => createCommand(`t-${i}`, hourly));
    for (let i = 0; i < timers; i += 50) await cluster.send(commands.slice(i, i + 50));
    await eventually('all are applied', async () => (await cluster.count('TimerCreated')) === timers);
    const { rows } = await cluster.pool.query('select from rejection');
    expect(rows).toEqual([]);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('gives the first outcome again to the same command id: applied, refused, and after a deletion', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    const client = await cluster.client();
    const [createId, updateId, refusedId, deleteId] = [
      randomUUID(),
      randomUUID(),
      randomUUID(),
      randomUUID(),
    ];
    const created = await client.createTimer({ key: 't', ...hourly }, { commandId: createId });
    const updated = await client.updateTimer({ key: 't' }, { tags: ['x'] }, { commandId: updateId });
    await client.pauseTimer({ key: 't' });

    expect(await client.createTimer({ key: 't', ...hourly }, { commandId: createId })).toEqual(created);
    expect(await client.updateTimer({ key: 't' }, { tags: ['y'] }, { commandId: updateId })).toEqual(updated);
    const refuse = () => client.createTimer({ key: 't', ...hourly }, { commandId: refusedId });
    const first = await refuse().catch((error: Error) => error.message);
    await client.deleteTimer({ key: 't' }, { commandId: deleteId });
    // the name is free now, and still this command was refused
    await expect(refuse()).rejects.toThrow(String(first));
    await client.deleteTimer({ key: 't' }, { commandId: deleteId });
    await client.createTimer({ key: 't', ...hourly });
    // the deletion sent again does not reach the new life
    await client.deleteTimer({ key: 't' }, { commandId: deleteId });
    expect(await cluster.count('TimerDeleted')).toBe(1);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('gives the first outcome again where nothing had to change, also by processes that were not there', async () => {
    cluster = await Cluster.open();
    const scheduler = await cluster.start('scheduler');
    const api = await cluster.api();
    const client = await cluster.client();
    const pause = (url: string) =>
      fetch(`${url}/v1/namespaces/default/timers/t/pause`, {
        method: 'POST',
        headers: { 'idempotency-key': 'idle', prefer: 'respond-async' },
      });
    await client.createTimer({ key: 't', ...hourly });
    const paused = await client.pauseTimer({ key: 't' });
    const location = String((await pause(api.url)).headers.get('location'));
    const receiptFrom = async (url: string) =>
      (await (await fetch(`${url}${location}`)).json()) as { readonly status: string };
    const asFirst = { status: 'applied', version: paused.version, timer: { status: 'paused' } };
    await eventually('its receipt', async () => (await receiptFrom(api.url)).status === 'applied');
    // and one whose sender gets no answer: the scheduler dies between its commit and its reply
    const commandId = randomUUID();
    await scheduler.kill();
    const dying = await cluster.start('scheduler', { FAULT: 'die-after-commit' });
    await cluster.send([{ type: 'PauseTimer', id: commandId, namespace: 'default', key: 't' }]);
    await dying.exited;
    await api.process.kill();
    await cluster.start('scheduler');
    await client.resumeTimer({ key: 't' });

    const { url } = await cluster.api();
    expect(await receiptFrom(url)).toMatchObject(asFirst);
    expect(await (await pause(url)).json()).toMatchObject({ status: 'paused', version: paused.version });
    expect(await client.pauseTimer({ key: 't' }, { commandId })).toEqual(paused);
    expect(await cluster.count('TimerPaused')).toBe(1);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('refuses records that cannot be read, with their bytes and the reason, and goes on', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    const rejected = await cluster.tail(cluster.topics.rejected);
    const topic = cluster.topics.commands;
    const key = 'default/poison';
    const bad = [
      { value: Buffer.from('{"type":'), code: 'unreadable' },
      { value: Buffer.from([0xff, 0xfe, 0x00]), code: 'unreadable' },
      { value: null, code: 'unreadable' },
      { value: Buffer.from('[]'), code: 'unreadable' },
      { value: Buffer.from(JSON.stringify({ type: 'Explode', id: randomUUID() })), code: 'unreadable' },
      { value: Buffer.from(JSON.stringify({ type: 'DeleteTimer', id: 'no-uuid' })), code: 'invalid-command' },
      {
        value: Buffer.from(
          JSON.stringify({ ...createCommand('poison', { ...hourly, schedPolicyExpr: '0s' }) }),
        ),
        code: 'invalid-spec',
      },
      {
        value: Buffer.from(JSON.stringify({ ...createCommand('poison', hourly), padding: 'x' })),
        code: 'invalid-command',
      },
      {
        value: Buffer.concat([Buffer.from('"'), Buffer.alloc(1_048_570, 'x'), Buffer.from('"')]),
        code: 'too-large',
      },
    ];
    await cluster.produce(bad.map(({ value }) => ({ topic, key, value })));
    await cluster.produce([
      { topic, key: null, value: JSON.stringify({ type: 'DeleteTimer', id: randomUUID() }) },
    ]);
    await cluster.send([createCommand('poison', hourly)]);
    await eventually('the good one is applied', async () => (await cluster.count('TimerCreated')) === 1);
    await eventually('all refusals are published', () => rejected.records.length >= bad.length + 1);

    const told = rejected.records.filter((record) => record.key?.toString() === key);
    expect(told.map((record) => record.headers.code?.toString())).toEqual(bad.map(({ code }) => code));
    expect(told.map((record) => record.value?.toString('latin1'))).toEqual(
      bad.map(({ value }) => value?.toString('latin1')),
    );
    expect(rejected.records).toHaveLength(bad.length + 1);
  });

  it('finds the one command of a batch that the database cannot hold, and applies the others', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    // what the product would never let through by itself: a rule of the database's own
    await cluster.pool.query(`alter table timer_spec add constraint no_poison check (key <> 'poison-77')`);
    const client = await cluster.client();
    const outcomes = await client.createTimers(
      Array.from({ length: 200 }, (_, i) => ({ key: `poison-${i}`, ...hourly })),
    );
    const refused = outcomes.flatMap((outcome, i) =>
      outcome.status === 'rejected' ? [{ i, code: outcome.reason.code }] : [],
    );
    expect(refused).toEqual([{ i: 77, code: 'invalid-command' }]);
    expect(await cluster.count('TimerCreated')).toBe(199);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

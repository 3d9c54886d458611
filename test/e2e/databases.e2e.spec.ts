import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimerClient } from '#client';
import type { CommandWire, InstallationWire } from '#contract';
import { freePort } from '#embedded';
import { BatchConsumer } from '#kafka';
import { slotOf } from '#timer';
import { TcpProxy } from '../chaos/tcp-proxy.js';
import { Cluster, closeCommand, createCommand, partitions } from '../harness/cluster.js';
import { EventStream } from '../harness/event-stream.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const slot = (key: string): number => slotOf('default', key);
const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', startAt: '2100-01-01T00:00:00Z' };

describe('timers in two databases', () => {
  let cluster: Cluster;
  let client: TimerClient;
  let url: string;
  /** The second one, as the processes reach it. */
  let second: URL;
  let proxy: TcpProxy;
  /** One of two fire services. */
  let leaving: TestProcess;
  let databases: Record<string, string>;

  beforeAll(async () => {
    cluster = await Cluster.openOnTwo();
    second = new URL(cluster.databaseUrls[1] ?? '');
    proxy = new TcpProxy(await freePort(), Number(second.port));
    await proxy.start();
    second.port = String(proxy.port);
    second.hostname = '127.0.0.1';
    databases = { DATABASE_URLS: `${cluster.databaseUrl},${second}` };
    [leaving] = await Promise.all([
      cluster.start('fire', databases),
      cluster.start('fire', databases),
      cluster.start('scheduler', databases),
    ]);
    ({ url } = await cluster.api(databases));
    client = await cluster.client({ api: { url } });
  });
  afterAll(async () => {
    await cluster.close();
    await proxy.stop();
  });

  /** As a producer with another partitioner would put it. */
  const produceInto = (partition: (key: string) => number, commands: readonly CommandWire[]) =>
    cluster.produce(
      commands.map((command) => ({
        topic: cluster.topics.commands,
        partition: partition(command.key ?? ''),
        key: `default/${command.key}`,
        value: JSON.stringify(command),
      })),
    );
  const ownPartition = (key: string): number => slot(key) % partitions;
  const foreignPartition = (key: string): number => (slot(key) + 1) % partitions;

  /** Of the first few keys of that kind, one of each database. */
  const oneInEach = (prefix: string): string[] =>
    [0, 1].map((number) => {
      const key = Array.from({ length: 8 }, (_, n) => `${prefix}${n}`).find(
        (one) => slot(one) % 2 === number,
      );
      if (key === undefined) throw new Error(`none of the keys lies in database ${number + 1}`);
      return key;
    });

  /** Keys of timers, database by database. */
  const keysIn = async (where: string): Promise<string[][]> => {
    const answers = await Promise.all(
      cluster.pools.map((pool) =>
        pool.query<{ key: string }>(`select key from timer_spec where ${where} order by key`),
      ),
    );
    return answers.map(({ rows }) => rows.map(({ key }) => key));
  };
  const expectEachInItsOwn = (keys: readonly (readonly string[])[]) => {
    for (const [number, found] of keys.entries()) {
      expect(found.length).toBeGreaterThan(0);
      for (const key of found) expect(slot(key) % 2).toBe(number);
    }
  };

  it('are made, fire and close once, though half of the commands lie in a partition of the other database and a scheduler is killed', async () => {
    const total = 160;
    const due = await cluster.due('work');
    const dying = await cluster.start('scheduler', {
      ...databases,
      FAULT: 'die-in-transaction',
      FAULT_AFTER: '2',
    });
    const keys = Array.from({ length: total }, (_, n) => `once-${n}`);
    const inFuture = { schedPolicyType: 'ONCE', schedPolicyExpr: '200ms', hookClass: 'work' };
    const creates = keys.map((key) => createCommand(key, inFuture));
    const answered = new Set<string>();
    const isForeign = (key: string) => Number(key.slice('once-'.length)) % 4 < 2;
    for (let n = 0; n < total; n += 10)
      await produceInto(
        (key) => (isForeign(key) ? foreignPartition(key) : ownPartition(key)),
        creates.slice(n, n + 10),
      );
    await eventually('all are closed', async () => {
      const fresh = due.deliveries().filter(({ event }) => !answered.has(event.eventId));
      for (const { event } of fresh) answered.add(event.eventId);
      await produceInto(
        foreignPartition,
        fresh.map((delivery) => closeCommand(delivery)),
      );
      return (await cluster.count('EventClosed')) >= total;
    });
    await dying.exited;
    expect(dying.endedBy).toBe('SIGKILL');
    for (const type of ['TimerCreated', 'EventTriggered', 'EventClosed'])
      expect([type, await cluster.count(type)]).toEqual([type, total]);
    expectEachInItsOwn(await keysIn(`key like 'once-%'`));
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('answer who asked, also where the record came by another way than the timer’s', async () => {
    for (let n = 0; n < 8; n += 1) {
      const { id } = await client.createTimer({ key: `asked-${n}`, ...hourly });
      // a record that names its timer by id alone lies in whatever partition the id's hash says
      expect((await client.pauseTimer({ timerId: id })).status).toBe('paused');
    }
    const refused = await cluster.tail(cluster.topics.rejected);
    for (const key of oneInEach('asked-')) {
      const record = createCommand(key, hourly);
      await produceInto(foreignPartition, [record]);
      // refused where its timer lies; its receipt is found without a name
      const receipt = await eventually('it is refused', async () => {
        const answer = await fetch(`${url}/v1/commands/${record.id}`);
        return answer.ok ? ((await answer.json()) as { status: string; code: string }) : null;
      });
      expect(receipt).toMatchObject({ status: 'rejected', code: 'timer-exists' });
      await eventually('it is told', () =>
        refused.records.some(({ headers }) => String(headers.commandId) === record.id),
      );
    }
  });

  it('are listed, counted, watched and paused as one collection', async () => {
    const total = 45;
    const condition = { keyPrefix: 'page-' };
    const stream = await EventStream.open(`${url}/v1/watch?keyPrefix=page-`);
    await eventually('it watches', () => stream.has('ready'));
    const keys = Array.from({ length: total }, (_, n) => `page-${n}`);
    await Promise.all(keys.map((key) => client.createTimer({ key, ...hourly })));
    for (const order of ['key', 'id', 'nextFireTime'] as const) {
      const seen: string[] = [];
      for await (const { key } of client.getTimers(condition, { order, limit: 7 })) seen.push(key);
      expect(seen.toSorted()).toEqual(keys.toSorted());
      if (order === 'key') expect(seen).toEqual(keys.toSorted());
    }
    expect(await client.count(condition)).toMatchObject({ count: total, isExact: true });
    await eventually('the watcher has seen all', () => stream.facts.length === total);
    expect(new Set(stream.facts.map(({ data }) => data.key))).toEqual(new Set(keys));
    const resumed = await EventStream.open(`${url}/v1/watch?keyPrefix=page-`, stream.facts[9]?.id);
    await eventually('it is told what it missed', () => resumed.facts.length === total - 10);
    const bulk = await fetch(`${url}/v1/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'pause', condition }),
    });
    const { id } = (await bulk.json()) as { id: string };
    const done = await eventually('all are paused', async () => {
      const answer = (await (await fetch(`${url}/v1/bulk/${id}`)).json()) as {
        status: string;
        applied: number;
      };
      return answer.status === 'done' ? answer : null;
    });
    expect(done.applied).toBe(total);
    for (const key of ['page-0', 'page-1', 'page-2']) {
      const types: string[] = [];
      for await (const { type } of client.history({ key })) types.push(type);
      expect(types).toEqual(['TimerCreated', 'TimerPaused']);
    }
    stream.close();
    resumed.close();
  });

  it('have their children beside them, who end and are missed by nobody', async () => {
    const due = await cluster.due('child');
    const parents = Array.from({ length: 8 }, (_, n) => `parent-${n}`);
    for (const key of parents)
      await client.createTimer({
        key,
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '100ms',
        maxFires: 3,
        missed: { policy: 'all' },
        spawn: { timer: { hookClass: 'child' }, overlap: 'queueOne' },
      });
    const answered = new Set<string>();
    await eventually('each has had three, one after the other', async () => {
      const fresh = due.deliveries().filter(({ event }) => !answered.has(event.eventId));
      for (const { event } of fresh) answered.add(event.eventId);
      await cluster.send(fresh.map((delivery) => closeCommand(delivery)));
      return (await cluster.count('ChildEnded')) === 3 * parents.length;
    });
    const children = await keysIn(`parent_id is not null`);
    expectEachInItsOwn(children);
    expect(children.flat()).toHaveLength(3 * parents.length);
    for (const key of parents) {
      const beside = children[slot(key) % 2] ?? [];
      expect(beside.filter((child) => child.startsWith(`${key}:`))).toHaveLength(3);
    }
  });

  it('fire in one while the other is away, and in that one when it is back', async () => {
    const due = await cluster.due('away');
    const leavingScheduler = await cluster.start('scheduler', databases);
    const firingIn = (schedPolicyExpr: string) => ({
      schedPolicyType: 'ONCE',
      schedPolicyExpr,
      hookClass: 'away',
    });
    const keys = Array.from({ length: 24 }, (_, n) => `away-${n}`);
    const isIn = (database: number) => (key: string) => slot(key) % 2 === database;
    // all are made, and the second is away, before the first of them is due
    await Promise.all(keys.map((key) => client.createTimer({ key, ...firingIn('5s') })));
    proxy.refuses = true;
    const fired = () => new Set(due.deliveries().map(({ event }) => event.timer.key));
    await eventually('those of the first are handed out', () =>
      keys.filter(isIn(0)).every((key) => fired().has(key)),
    );
    expect(keys.filter(isIn(1)).filter((key) => fired().has(key))).toEqual([]);

    // their slots and partitions in the first go to those that stay, who cannot read what lies in the second
    await Promise.all([leaving.stop(), leavingScheduler.stop()]);
    const [here, there] = [0, 1].map((number) => keys.map((key) => `late-${key}`).find(isIn(number)) ?? '');
    await client.createTimer({ key: here ?? '', ...firingIn('100ms') });
    const again = { 'content-type': 'application/json', 'idempotency-key': 'a-1' };
    const body = JSON.stringify({ key: keys.map((key) => `again-${key}`).find(isIn(0)), ...hourly });
    for (const time of ['first', 'again']) {
      const { status } = await fetch(`${url}/v1/timers`, { method: 'POST', headers: again, body });
      expect([time, status]).toEqual([time, 201]);
    }
    const meanwhile = client.createTimer({ key: there ?? '', ...firingIn('100ms') });
    await eventually('it is handed out as well', () => fired().has(here ?? ''));
    const status = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect(await status('/health/ready')).toBe(200);
    expect(await status(`/v1/namespaces/default/timers/${here}`)).toBe(200);
    expect(await status(`/v1/namespaces/default/timers/${there}`)).toBe(503);
    const installation = (await (await fetch(`${url}/v1/installation`)).json()) as InstallationWire;
    expect(installation.databasesAway).toBe(1);
    expect(installation.partitions.map(({ partition }) => partition % 2)).toEqual(
      Array(partitions / 2).fill(0),
    );

    proxy.refuses = false;
    await meanwhile;
    await eventually('all are handed out', () =>
      [...keys, here, there].every((key) => fired().has(key ?? '')),
    );
    await cluster.send(
      [...new Map(due.deliveries().map((one) => [one.event.timer.key, one])).values()].map((one) =>
        closeCommand(one),
      ),
    );
    await eventually('all are closed', async () => {
      const open = await keysIn(
        `key like '%away-%' and id in (select id from timer_state where event_id is not null)`,
      );
      return open.flat().length === 0;
    });
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('hold nobody up who takes over while one is frozen', async () => {
    const due = await cluster.due('frozen');
    const [here = '', there = ''] = oneInEach('frozen-');
    const soon = { schedPolicyType: 'ONCE', schedPolicyExpr: '100ms', hookClass: 'frozen' };
    const fired = () => new Set(due.deliveries().map(({ event }) => event.timer.key));
    const { commands, events } = cluster.topics;
    const leavers = Object.entries({ scheduler: commands, fire: events }).map(
      ([app, topic]) =>
        new BatchConsumer(cluster.kafka, {
          groupId: `${cluster.prefix}-${app}`,
          topics: [topic],
          onRecords: () => undefined,
        }),
    );
    await Promise.all(leavers.map((leaver) => leaver.start()));
    proxy.freezes = true;
    await Promise.all(leavers.map((leaver) => leaver.stop()));
    const frozenAt = Date.now();
    const meanwhile = client.createTimer({ key: there, ...soon });
    await client.createTimer({ key: here, ...soon });
    await eventually('it is handed out', () => fired().has(here));
    // a silent connection is given up after 15 s: who has the first database does not wait for that
    expect(Date.now() - frozenAt).toBeLessThan(10_000);
    expect(fired().has(there)).toBe(false);

    proxy.freezes = false;
    await meanwhile;
    await eventually('that of the other is handed out', () => fired().has(there));
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('are verified by the command line as a whole', async () => {
    const { code, out } = await carillon(['verify', '--json']);
    expect([code, JSON.parse(out).findings]).toEqual([0, []]);
    expect(JSON.parse(out).timers).toBe((await cluster.verify()).timers);
    const parts = JSON.parse((await carillon(['partitions', '--json'])).out) as { partition: number }[];
    expect(parts.map(({ partition }) => partition)).toEqual(Array.from({ length: partitions }, (_, n) => n));
    const { code: health, out: looked } = await carillon(['doctor']);
    expect([health, looked]).toEqual([0, expect.stringContaining('Postgres 2 of 2')]);
  });

  it('are looked after by the command line, each where it lies', async () => {
    const keys = oneInEach('dead-');
    const never = { hookClass: 'nobody', ackTimeout: '100ms', retry: { maxAttempts: 1 } };
    for (const key of keys)
      await client.createTimer({ key, schedPolicyType: 'ONCE', schedPolicyExpr: '1ms', ...never });
    await eventually('both are given up', async () => (await cluster.count('EventGivenUp')) === keys.length);
    const dead = JSON.parse((await carillon(['dead', 'list', '--json'])).out) as { key: string }[];
    expect(dead.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());

    const { timers } = await cluster.verify();
    expect((await carillon(['rebuild'])).out).toContain(`${timers} timers made anew from the log, 0 removed`);
    expect((await cluster.verify()).findings).toEqual([]);

    const [elsewhere, here] = await Promise.all(
      cluster.pools.map(async (pool) => {
        const { rows } = await pool.query<{ partition: number; next: string }>(
          'select partition, next_offset as next from consumer_offset order by partition',
        );
        return rows;
      }),
    );
    const [{ partition, next } = { partition: -1, next: '' }] = here ?? [];
    const set = (...words: string[]) => carillon(['offsets', 'set', ...words]);
    const { commands } = cluster.topics;
    expect((await set(commands, `${partition}`, next)).code).toBe(1);
    for (const wrong of [
      [commands, 'x', next],
      [commands, '99', next],
      [commands, `${partition}`, '1000000'],
      ['elsewhere', `${partition}`, next],
    ])
      expect((await set(...wrong, '--yes')).code, wrong.join(' ')).toBe(2);
    const { code, out } = await set(commands, `${partition}`, next, '--yes');
    expect([code, out]).toEqual([0, expect.stringContaining(`will be read from ${next}; as it was`)]);
    expect(elsewhere?.map((row) => row.partition)).not.toContain(partition);
  });

  it('are refused in another order, one of them alone, and one of them twice', async () => {
    const [first, second = ''] = cluster.databaseUrls;
    const wrong = {
      scheduler: { DATABASE_URLS: `${second},${first}` },
      fire: { DATABASE_URL: second },
      api: { DATABASE_URLS: `${first},${first}` },
    };
    const apps = Object.entries(wrong).map(([app, databases]) =>
      TestProcess.start(app, `apps/${app}/src/main.js`, {
        KAFKA_BROKERS: cluster.brokers,
        TOPIC_PREFIX: cluster.prefix,
        PARTITIONS: String(partitions),
        SCHEDULER_GROUP_ID: `refused-${randomUUID()}`,
        FIRE_GROUP_ID: `refused-${randomUUID()}`,
        HTTP_PORT: '0',
        ...databases,
      }),
    );
    const [doctor] = await Promise.all([
      carillon(['doctor'], wrong.scheduler),
      ...apps.map((app) => app.exited),
    ]);
    for (const app of apps)
      expect([app.name, app.lines.join('\n')]).toEqual([
        app.name,
        expect.stringMatching(/was set up as number \d of 2, but is configured/),
      ]);
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining('was set up as number 2 of 2')]);
  });

  async function carillon(
    words: readonly string[],
    databases: Readonly<Record<string, string>> = cluster.databaseVariables,
  ) {
    const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', ...words], {
      env: {
        ...process.env,
        KAFKA_BROKERS: cluster.brokers,
        TOPIC_PREFIX: cluster.prefix,
        SCHEDULER_GROUP_ID: `${cluster.prefix}-scheduler`,
        FIRE_GROUP_ID: `${cluster.prefix}-fire`,
        CARILLON_URL: url,
        ...databases,
      },
    });
    const [[code], out] = await Promise.all([once(child, 'close'), text(child.stdout)]);
    return { code: code as number | null, out };
  }
});

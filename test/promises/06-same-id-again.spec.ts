import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EmbeddedKafka, freePort } from '#embedded';
import { Cluster, closeCommand, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h' };

describe('same id again', () => {
  let cluster: Cluster;
  const cleanups: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    await cluster.close();
    for (const clean of cleanups.splice(0)) await clean();
  });

  it('repeats an emission after a crash with the same event id and the same attempt', async () => {
    cluster = await Cluster.open();
    const [, dying] = await Promise.all([
      cluster.start('scheduler'),
      cluster.start('fire', { FAULT: 'die-after-emission' }),
    ]);
    const due = await cluster.due('h');
    await cluster.send([createCommand('t', hourly)]);
    await dying.exited;
    await cluster.start('fire');
    await eventually('it is sent again', () => due.deliveries().length === 2);

    const [first, again] = due.deliveries();
    expect(again?.event.eventId).toBe(first?.event.eventId);
    expect([first?.event.attempt, again?.event.attempt]).toEqual([1, 1]);
    // a reader tells the repeat by the id of the CloudEvent
    expect(again?.record.headers.ce_id?.toString()).toBe(first?.record.headers.ce_id?.toString());
  });

  it('delivers again after an ack timeout with the same event id and the next attempt', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const due = await cluster.due('h');
    await cluster.send([createCommand('t', { ...hourly, ackTimeout: '200ms', retry: { maxAttempts: 3 } })]);
    const dead = await cluster.tail(cluster.topics.dead);
    await eventually('it is given up', () => dead.records.length === 1);

    // the letter and the events come by topics of their own; an emission may come twice, as the same attempt
    await eventually('each attempt was delivered', () =>
      due.deliveries().some(({ event }) => event.attempt === 3),
    );
    expect([...new Set(due.deliveries().map(({ event }) => event.attempt))]).toEqual([1, 2, 3]);
    expect(new Set(due.deliveries().map(({ event }) => event.eventId)).size).toBe(1);
    const letter = JSON.parse(dead.records[0]?.value?.toString() ?? '{}');
    expect(letter).toMatchObject({
      eventId: due.deliveries()[0]?.event.eventId,
      attempts: 3,
      error: 'no answer within 200ms',
    });
  });

  it('uses up no attempt and gives nothing up while the broker is down for longer than every deadline', async () => {
    const home = join(process.cwd(), '.carillon');
    const dataDir = mkdtempSync(join(home, 'broker-'));
    const broker = new EmbeddedKafka({
      homeDir: home,
      dataDir,
      port: await freePort(),
      controllerPort: await freePort(),
      note: () => undefined,
    });
    cleanups.push(
      () => broker.stop(),
      () => rmSync(dataDir, { recursive: true, force: true }),
    );
    await broker.start();
    cluster = await Cluster.open(broker.brokers);
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const timers = 100;
    // due while the broker is down; three attempts of four seconds each would be over before it is back
    await cluster.send(
      Array.from({ length: timers }, (_, i) =>
        createCommand(`t-${i}`, {
          schedPolicyType: 'ONCE',
          // the broker is gone by then, also on a machine that takes its time to end it
          schedPolicyExpr: '10s',
          hookClass: 'h',
          ackTimeout: '4s',
          retry: { maxAttempts: 3 },
        }),
      ),
    );
    await eventually('all are created', async () => (await cluster.count('TimerCreated')) === timers);
    await broker.stop();
    await eventually(
      'some have fired into the void',
      async () => (await cluster.count('EventTriggered')) > 0,
    );
    const outageMs = 13_000;
    const until = Date.now() + outageMs;
    await eventually('the outage has lasted', () => Date.now() > until, outageMs + 5_000);
    expect(await cluster.count('EventGivenUp')).toBe(0);
    expect(await cluster.count('EventRedelivered')).toBe(0);

    await broker.start();
    const due = await cluster.due('h');
    const closed = new Set<string>();
    await eventually('every event is delivered and closed', async () => {
      const open = due.deliveries().filter(({ event }) => !closed.has(`${event.eventId}/${event.attempt}`));
      for (const { event } of open) closed.add(`${event.eventId}/${event.attempt}`);
      await cluster.send(open.map((delivery) => closeCommand(delivery)));
      return (await cluster.count('EventClosed')) === timers;
    });
    expect(await cluster.count('EventGivenUp')).toBe(0);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { CommandRejectedError } from '#client';
import { Cluster, createCommand } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

describe('closed once', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('lets one of many closes win, through two schedulers, and tells the others', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const due = await cluster.due('h');
    const timers = 10;
    await cluster.send(
      Array.from({ length: timers }, (_, i) =>
        createCommand(`t-${i}`, {
          schedPolicyType: 'INTERVAL',
          schedPolicyExpr: '1h',
          hookClass: 'h',
          ackTimeout: '1h',
        }),
      ),
    );
    // an emission may come twice, as the same event
    const opened = () => new Map(due.deliveries().map(({ event }) => [event.eventId, event]));
    await eventually('all are open', () => opened().size === timers);
    const client = await cluster.client();

    for (const event of opened().values()) {
      const ref = { key: event.timer.key };
      const zombies = Array.from({ length: 20 }, (_, i) =>
        client.closeTimerEvent(ref, {
          eventId: event.eventId,
          attempt: event.attempt,
          summaryData: `zombie ${i}`,
        }),
      );
      const outcomes = await Promise.allSettled(zombies);
      const won = outcomes.filter(({ status }) => status === 'fulfilled');
      const told = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(won).toHaveLength(1);
      expect(told.map((error) => (error instanceof CommandRejectedError ? error.code : error))).toEqual(
        Array.from({ length: 19 }, () => 'no-open-event'),
      );
    }
    expect(await cluster.count('EventClosed')).toBe(timers);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

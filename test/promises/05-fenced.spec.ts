import { afterEach, describe, expect, it } from 'vitest';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

describe('fenced', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('refuses close, retry and heartbeat of a former attempt, and applies those of the present one', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const due = await cluster.due('h');
    const client = await cluster.client();
    await client.createTimer({
      key: 'slow',
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      hookClass: 'h',
      ackTimeout: '300ms',
      // not given up, however long this takes
      retry: { maxAttempts: 0 },
    });
    const second = await eventually('the ack deadline passes', () =>
      due.deliveries().find(({ event }) => event.attempt === 2),
    );
    const first = due.deliveries().find(({ event }) => event.attempt === 1);
    expect(first?.event.eventId).toBe(second.event.eventId);

    const { eventId } = second.event;
    const stale = { eventId, attempt: 1 };
    await expect(client.closeTimerEvent({ key: 'slow' }, stale)).rejects.toMatchObject({
      code: 'stale-attempt',
    });
    await expect(client.retryEvent({ key: 'slow' }, { ...stale, error: 'late' })).rejects.toMatchObject({
      code: 'stale-attempt',
    });
    await expect(client.heartbeatEvent({ key: 'slow' }, stale)).rejects.toMatchObject({
      code: 'stale-attempt',
    });
    expect(await cluster.count('EventClosed')).toBe(0);

    const closed = await eventually('the present attempt closes it', async () => {
      const attempt = Math.max(...due.deliveries().map(({ event }) => event.attempt));
      return client.closeTimerEvent({ key: 'slow' }, { eventId, attempt }).catch(() => null);
    });
    expect(closed.eventStatus).toBe('IDLE');
    // typed by an operator, without an attempt: nothing is open any more
    await expect(client.closeTimerEvent({ key: 'slow' }, { eventId })).rejects.toMatchObject({
      code: 'no-open-event',
    });
    expect((await cluster.verify()).findings).toEqual([]);
  });
});

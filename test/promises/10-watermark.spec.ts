import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';
import { hourlyGridFrom } from '../harness/hourly-grid.js';
import { eventually } from '../harness/wait.js';

const moves = new Set(['TimerCreated', 'TimerUpdated', 'EventClosed', 'EventGivenUp']);

describe('the watermark', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('moves only by a close, a give-up or an update, and by default only forward', async () => {
    cluster = await Cluster.open();
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const due = await cluster.due('h');
    const client = await cluster.client();
    const ref = { key: 't' };
    // what is answered here has all the time that a busy machine may take; only what nobody shall answer is over soon
    const answered = { ackTimeout: '1h' };
    const unanswered = { ackTimeout: '100ms' };
    await client.createTimer({
      ...ref,
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      startAt: hourlyGridFrom('2026-11-01'),
      hookClass: 'h',
      retry: { maxAttempts: 2 },
      ...answered,
    });
    const opened = () => eventually('an event is delivered', () => due.deliveries().at(-1));
    const first = await opened();
    const beat = await client.heartbeatEvent(ref, { eventId: first.event.eventId, attempt: 1 });
    expect(beat.watermark).toBeUndefined();

    const closed = await client.closeTimerEvent(ref, { eventId: first.event.eventId, attempt: 1 });
    expect(closed.watermark).toBe(first.event.startedAt);
    // set back by an update: the hours since then are due again, as one event
    const back = await client.updateTimer(ref, { watermark: '2026-11-20T00:00:00.000Z', ...unanswered });
    expect(back.watermark).toBe('2026-11-20T00:00:00.000Z');
    const again = await eventually('it is fired again', () =>
      due.deliveries().find(({ event }) => event.eventId !== first.event.eventId),
    );
    expect(again.event.timer.watermark).toBe('2026-11-20T00:00:00.000Z');
    await eventually(
      'nobody answers, and it is given up',
      async () => (await cluster.count('EventGivenUp')) === 1,
    );
    const [givenUp] = await cluster.events(`type = 'EventGivenUp'`);
    expect(givenUp?.data.watermark).toBe(again.event.startedAt);

    // a watermark that is given is taken as given, also one in the past
    await client.updateTimer(ref, answered);
    await client.manualTriggerEvent(ref);
    const manual = await eventually('the manual one', () =>
      due.deliveries().find(({ event }) => event.manualRequestId !== undefined),
    );
    const replayed = await client.closeTimerEvent(ref, {
      eventId: manual.event.eventId,
      attempt: manual.event.attempt,
      watermark: '2026-11-23T00:00:00.000Z',
    });
    expect(replayed.watermark).toBe('2026-11-23T00:00:00.000Z');

    for (const { type, data } of await cluster.events())
      if ('watermark' in data) expect(moves).toContain(type);
    expect((await cluster.verify()).findings).toEqual([]);
  });

  it('stays where it is while a thousand other things happen to the timer', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    const client = await cluster.client();
    const ref = { key: 't' };
    await cluster.send([
      createCommand('t', {
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '1h',
        watermark: '2026-11-24T00:00:00.000Z',
        enable: false,
      }),
    ]);
    await client.pauseTimer(ref);
    await client.resumeTimer(ref);
    const after = await client.updateTimer(ref, { tags: ['x'], schedPolicyExpr: '2h', enable: true });
    expect(after.watermark).toBe('2026-11-24T00:00:00.000Z');
  });
});

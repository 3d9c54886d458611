import { describe, expect, it } from 'vitest';
import { LeaveOpen, RetryLater } from '#hooks';
import { contractQuotas } from '../contract/timers/quotas.js';
import { timersContract } from '../contract/timers-contract.js';
import { InMemoryTimers } from './in-memory-timers.js';

timersContract('in memory', async () => {
  const timers = new InMemoryTimers({ namespace: 'spec', quotas: contractQuotas });
  return {
    timers,
    close: () => timers.close(),
    eventually: async (what, ask) => {
      for (let tries = 0; tries < 200; tries += 1) {
        const answer = await ask();
        if (answer !== null && answer !== false) return answer;
        await timers.advance(10);
      }
      throw new Error(`not within 200 steps: ${what}`);
    },
  };
});

describe('timers in memory', () => {
  const everyMinute = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1m', hookClass: 'greet' };
  const started = '2026-01-01T00:00:00.000Z';

  it('fire when time is let pass, each at its moment, and close when their handler returns', async () => {
    const seen: string[] = [];
    const timers = new InMemoryTimers({
      hooks: {
        greet: async ({ scheduledFor }) => {
          seen.push(scheduledFor);
          return { summaryData: `${seen.length}` };
        },
      },
    });
    await timers.createTimer({ key: 'hello', ...everyMinute, startAt: started });
    await timers.advance('2m30s');
    expect(seen).toEqual([started, '2026-01-01T00:01:00.000Z', '2026-01-01T00:02:00.000Z']);
    expect(await timers.getTimerByKey('hello')).toMatchObject({
      summaryData: '3',
      fires: 3,
      status: 'waiting',
      nextFireTime: '2026-01-01T00:03:00.000Z',
    });
    await timers.advanceTo('2026-01-01T01:00:00Z');
    expect(seen.length).toBe(61);
    await timers.close();
  });

  it('are tried again when their handler throws, as their retry policy says, and given up in the end', async () => {
    const attempts: number[] = [];
    const retry = { maxAttempts: 3, min: '10s', max: '10s', backoff: 'fixed', jitter: false } as const;
    const timers = new InMemoryTimers({
      hooks: {
        greet: ({ attempt }) => {
          attempts.push(attempt);
          throw new Error('not today');
        },
      },
    });
    await timers.createTimer({ key: 'k', ...everyMinute, schedPolicyExpr: '1h', retry });
    expect(attempts).toEqual([]);
    await timers.advance(0);
    expect(attempts).toEqual([1]);
    await timers.advance('9s');
    expect(attempts).toEqual([1]);
    await timers.advance('11s');
    expect(attempts).toEqual([1, 2, 3]);
    expect(timers.deadEvents).toMatchObject([{ attempts: 3, error: 'not today' }]);
    expect(await timers.getTimerByKey('k')).toMatchObject({ status: 'waiting' });
  });

  it('let a handler retry when it likes, and leave its event open', async () => {
    const timers = new InMemoryTimers({
      hooks: {
        greet: ({ attempt, eventData }) => {
          if (attempt === 1) throw new RetryLater({ after: '5m' }, 'second');
          expect(eventData).toBe('second');
          throw new LeaveOpen();
        },
      },
    });
    await timers.createTimer({ key: 'k', ...everyMinute, schedPolicyExpr: '1h', ackTimeout: '1h' });
    await timers.advance('5m');
    const { eventId, attempt } = await timers.getTimerByKey('k');
    expect(attempt).toBe(2);
    await timers.closeTimerEvent({ key: 'k' }, { eventId: eventId ?? '', attempt: 2 });
    expect(await timers.getTimerByKey('k')).toMatchObject({ eventStatus: 'IDLE' });
  });

  it('keep the event of a handler that works on, by its heartbeats, until it ends', async () => {
    const timers: InMemoryTimers = new InMemoryTimers({
      hooks: { greet: () => timers.clock.sleep(95_000) },
    });
    await timers.createTimer({ key: 'k', ...everyMinute, ackTimeout: '30s' });
    await timers.advance('90s');
    expect(timers.dueEvents).toMatchObject([{ attempt: 1 }]);
    expect(await timers.getTimerByKey('k')).toMatchObject({ eventStatus: 'TRIGGER', attempt: 1 });
    await timers.advance('5s');
    const types: string[] = [];
    for await (const { type } of timers.history({ key: 'k' })) types.push(type);
    expect(types.filter((type) => type === 'EventExtended').length).toBeGreaterThan(5);
    expect(types).toContain('EventClosed');
    await timers.close();
  });

  it('wait for a handler of real input and output when told to', async () => {
    let isDone = false;
    const timers = new InMemoryTimers({
      hooks: {
        greet: async () => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          isDone = true;
        },
      },
    });
    await timers.createTimer({ key: 'k', ...everyMinute });
    await timers.idle();
    expect(isDone).toBe(true);
    expect(await timers.getTimerByKey('k')).toMatchObject({ eventStatus: 'IDLE' });
  });

  it('ask before an event where the timer says so', async () => {
    const timers = new InMemoryTimers({
      hooks: {
        greet: {
          ask: ({ attempt }) => (attempt === 1 ? { eventData: 'ready' } : {}),
          handle: ({ eventData }) => ({ summaryData: eventData ?? '' }),
        },
      },
    });
    await timers.createTimer({ key: 'k', ...everyMinute, preSchedule: { enable: true } });
    await timers.advance('1s');
    expect(await timers.getTimerByKey('k')).toMatchObject({ summaryData: 'ready' });
  });

  it('without a handler stay open, and are offered again after their deadline', async () => {
    const timers = new InMemoryTimers();
    await timers.createTimer({ key: 'k', ...everyMinute, ackTimeout: '10s' });
    await timers.advance('25s');
    expect(timers.dueEvents.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('spawn a child a tick, and hear of its end', async () => {
    const timers = new InMemoryTimers({ hooks: { greet: () => undefined } });
    const spawn = { timer: { hookClass: 'greet' }, overlap: 'queueOne' } as const;
    const { id } = await timers.createTimer({
      key: 'p',
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1m',
      spawn,
    });
    await timers.advance('2m30s');
    expect(timers.dueEvents.map(({ timer }) => timer.key)).toEqual(['p:1', 'p:2', 'p:3']);
    const parent = await timers.getTimerById(id);
    expect([parent.fires, parent.children]).toEqual([3, undefined]);
    expect(await timers.getTimerByKey('p:1')).toMatchObject({
      status: 'ended',
      parent: { timerId: id, n: 1 },
    });
  });

  it('refuse a moment that is none', async () => {
    await expect(new InMemoryTimers().advanceTo('tomorrow')).rejects.toThrow(RangeError);
  });
});

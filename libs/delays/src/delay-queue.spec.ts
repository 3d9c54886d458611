import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DelayQueue, type DelayQueueOptions } from './delay-queue.js';
import type { DelayedEvent, RunContext } from './event.js';
import { InMemoryDelays, type InMemoryDelaysOptions } from './memory/in-memory-delays.js';
import { cancelled, extended, failed, ok, retry, statusText, type Trigger } from './verdict.js';

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const zero = Date.parse('2026-11-25T10:00:00.000Z');
const opened: DelayQueue[] = [];

interface Setup extends Partial<DelayQueueOptions>, Partial<InMemoryDelaysOptions> {}
async function queueWith(trigger: Trigger, setup: Setup = {}) {
  const memory = new InMemoryDelays({ log, ...setup });
  const runs: { readonly event: DelayedEvent; readonly atMs: number }[] = [];
  const queue = new DelayQueue(memory, memory, {
    log,
    triggers: {
      t: (event: DelayedEvent, context: RunContext) => {
        runs.push({ event, atMs: Date.now() - zero });
        return trigger(event, context);
      },
    },
    ...setup,
  });
  await queue.start();
  opened.push(queue);
  return { queue, runs, memory };
}
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const stat = (queue: DelayQueue, name: string): unknown =>
  Object.entries(queue.getStat()).find(([key]) => key.endsWith(name))?.[1];

beforeEach(
  () =>
    void vi.useFakeTimers({
      now: zero,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    }),
);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((queue) => queue.stop()));
  vi.useRealTimers();
});

describe('creating an event', () => {
  it('answers an id that begins with the second of its time', async () => {
    const { queue } = await queueWith(() => ok());
    const id = await queue.create('t', new Date(zero + 5_000), { a: 1 });
    expect(id).toMatch(new RegExp(`^${(zero + 5_000) / 1_000}_[0-9a-f-]{36}$`));
  });
  it('under an id of one’s own changes nothing the second time, also after the event has run', async () => {
    const { queue, runs } = await queueWith(() => ok());
    for (let i = 0; i < 2; i += 1)
      expect(await queue.create('t', zero + 100, 'first', { id: 'mine' })).toBe('mine');
    await pass(200);
    await queue.create('t', zero + 300, 'second', { id: 'mine' });
    await pass(1_000);
    expect(runs.map(({ event }) => event.data)).toEqual(['first']);
  });
  it('without an id makes another event each time', async () => {
    const { queue, runs } = await queueWith(() => ok());
    const ids = [await queue.create('t', zero, 'x'), await queue.create('t', zero, 'x')];
    await pass(10);
    expect(new Set(ids).size).toBe(2);
    expect(runs).toHaveLength(2);
  });
  it('takes a time of the past, which is due at once, and counts one of more than two seconds ago as delayed', async () => {
    const { queue, runs } = await queueWith(() => ok());
    await queue.create('t', zero - 1_500);
    await queue.create('t', zero - 60_000);
    await pass(1);
    expect(runs).toHaveLength(2);
    expect(stat(queue, 'nbDelayed')).toBe(1);
  });
  it.each(['tomorrow', Number.NaN, 9e15, new Date('x')])('refuses a time that is none (%s)', async (time) => {
    const { queue } = await queueWith(() => ok());
    await expect(queue.create('t', time)).rejects.toThrow(RangeError);
  });
  it('refuses data that JSON cannot hold, rather than keeping nothing', async () => {
    const { queue } = await queueWith(() => ok());
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const data of [circle, () => 1, { n: 1n }])
      await expect(queue.create('t', zero, data)).rejects.toThrow(TypeError);
  });
  it('takes a type that this process has no trigger of: another may', async () => {
    const { queue, runs } = await queueWith(() => ok());
    await queue.create('other', zero);
    await pass(60_000);
    expect(runs).toEqual([]);
    expect(stat(queue, 'nbTriggered')).toBe(0);
  });
  it('tells the caller when the store is full, and counts it', async () => {
    const { queue } = await queueWith(() => ok(), { eventsMax: 1 });
    await queue.create('t', zero + 1_000);
    await expect(queue.create('t', zero)).rejects.toThrow('no more than 1 events');
    expect(stat(queue, 'nbError')).toBe(1);
    expect(stat(queue, 'nbCapacity')).toBe(0);
  });
});

describe('data', () => {
  it.each(['{"id": 9007199254740993}', '  {"a":1}\n', '', 'null', 'no JSON', '\u0000\ud800'])(
    'that is text comes back byte for byte (%j)',
    async (text) => {
      const { queue, runs } = await queueWith(() => ok());
      await queue.create('t', zero, text);
      await pass(1);
      expect(runs[0]?.event.data).toBe(text);
    },
  );
  it('that is an object is JSON, and comes back as one; without data there is none', async () => {
    const { queue, runs } = await queueWith(() => ok());
    await queue.create('t', zero, { deep: [1, null, { x: 'ü' }] });
    await queue.create('t', zero);
    await pass(1);
    expect(runs.map(({ event }) => event.json())).toEqual([{ deep: [1, null, { x: 'ü' }] }, null]);
  });
  it('that is bytes comes back as bytes', async () => {
    const { queue, runs } = await queueWith(() => ok());
    const bytes = Uint8Array.from([0, 255, 128, 10]);
    await queue.create('t', zero, bytes);
    await pass(1);
    expect(Uint8Array.from(runs[0]?.event.bytes() ?? [])).toEqual(bytes);
  });
  it('of many events encoded side by side is never mixed up', async () => {
    const { queue, runs } = await queueWith(() => ok());
    await Promise.all(Array.from({ length: 500 }, (_, n) => queue.create('t', zero, { n }, { id: `e${n}` })));
    await pass(1);
    expect(runs).toHaveLength(500);
    for (const { event } of runs) expect(event.json()).toEqual({ n: Number(event.id.slice(1)) });
  });
});

describe('an event that is due', () => {
  it('runs at its millisecond and not before', async () => {
    const { queue, runs } = await queueWith(() => ok());
    await queue.create('t', zero + 1_234);
    await pass(1_233);
    expect(runs).toEqual([]);
    await pass(1);
    expect(runs.map(({ atMs }) => atMs)).toEqual([1_234]);
  });
  it('waits beyond what a timer of the runtime can', async () => {
    const { queue, runs } = await queueWith(() => ok());
    const days40 = 40 * 86_400_000;
    await queue.create('t', zero + days40);
    await pass(days40 - 1);
    expect(runs).toEqual([]);
    await pass(1);
    expect(runs).toHaveLength(1);
  });
  it('runs beside others, in the order of their times', async () => {
    const gates: (() => void)[] = [];
    const { queue, runs } = await queueWith(() => new Promise((resolve) => gates.push(() => resolve(ok()))));
    for (const [id, ms] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const)
      await queue.create('t', zero + ms, null, { id });
    await pass(30);
    expect(runs.map(({ event }) => event.id)).toEqual(['a', 'b', 'c']);
    for (const gate of gates) gate();
  });
});

describe('what a trigger answers', () => {
  it.each([
    ['nothing', () => undefined],
    ['ok', () => ok('fine')],
    ['cancel', () => cancelled('not wanted')],
    ['error', () => failed('broken')],
    ['a status of its own', () => extended(7)],
  ] satisfies [string, Trigger][])('ends the event for good: %s', async (_what, trigger) => {
    const { queue, runs } = await queueWith(trigger);
    const id = await queue.create('t', zero);
    await pass(3_600_000);
    expect(runs).toHaveLength(1);
    expect(stat(queue, 'nbComplete')).toBe(1);
    expect(await queue.cancel(id)).toBe('already-fired');
  });
  it('has it run again at the time it names, with the data it gives, and both are kept', async () => {
    const { queue, runs } = await queueWith(({ attempt }) =>
      attempt === 1
        ? retry({ at: new Date(zero + 7_777), data: '{"n": 9007199254740993}' })
        : attempt === 2
          ? retry()
          : ok(),
    );
    await queue.create('t', zero, 'first');
    await pass(60_000);
    expect(runs.map(({ event }) => event.data)).toEqual([
      'first',
      '{"n": 9007199254740993}',
      '{"n": 9007199254740993}',
    ]);
    expect(runs[1]?.atMs).toBe(7_777);
    expect(
      new Set(runs.map(({ event }) => `${event.id} ${event.eventId} ${event.triggerTime.getTime()}`)).size,
    ).toBe(1);
  });
  it('is tried again when it throws, or answers what is no answer', async () => {
    const answers: (() => unknown)[] = [
      () => Promise.reject(new Error('oh')),
      () => 'what',
      () => null,
      () => retry({ at: 'never' }),
      () => ok(),
    ];
    const { queue, runs } = await queueWith(() => answers.shift()?.() as never);
    await queue.create('t', zero);
    await pass(60_000);
    expect(runs).toHaveLength(5);
    expect(stat(queue, 'Scheduler.nbRecovered')).toBe(4);
  });
  it('that throws is an error for good where the queue says so', async () => {
    const { queue, runs } = await queueWith(() => Promise.reject(new Error('oh')), { onThrow: 'error' });
    await queue.create('t', zero);
    await pass(60_000);
    expect(runs).toHaveLength(1);
    expect([
      stat(queue, 'Scheduler.nbRecovered'),
      stat(queue, 'nbComplete'),
      stat(queue, 'nbGiveup'),
    ]).toEqual([1, 1, 0]);
  });
  it('for a type that the queue does not know is an error', async () => {
    const memory = new InMemoryDelays({ log });
    const queue = new DelayQueue(
      memory,
      { ...memory, start: (run) => memory.start(run, ['unknown']), stop: () => memory.stop() },
      { log, triggers: {} },
    );
    await queue.start();
    opened.push(queue);
    const id = await queue.create('unknown', zero);
    await pass(1);
    expect(await queue.cancel(id)).toBe('already-fired');
  });
  it('has a name for each number', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 42].map(statusText)).toEqual([
      'UNKNOWN',
      'DEFAULT',
      'OK',
      'CANCEL',
      'ERROR',
      'RETRY',
      'EXTENDED(6)',
      'EXTENDED(42)',
    ]);
  });
});

describe('an event that goes on failing', () => {
  it('runs once and maxRetry times more, then is given up, and the counters say so', async () => {
    const { queue, runs } = await queueWith(() => retry({ error: 'no luck' }), { maxRetry: 5 });
    await queue.create('t', zero);
    await pass(3_600_000);
    expect(runs.map(({ event }) => event.attempt)).toEqual([1, 2, 3, 4, 5, 6]);
    const names = ['nbTriggered', 'nbRetry', 'nbGiveup', 'nbComplete', 'nbSave'];
    expect(names.map((name) => stat(queue, name))).toEqual([6, 5, 1, 1, 1]);
  });
  it('runs nineteen times by default, and once with maxRetry 0', async () => {
    const { queue, runs } = await queueWith(() => retry());
    await queue.create('t', zero);
    await pass(12 * 3_600_000);
    expect(runs).toHaveLength(19);
    const once = await queueWith(() => retry(), { maxRetry: 0 });
    await once.queue.create('t', Date.now());
    await pass(3_600_000);
    expect(once.runs).toHaveLength(1);
  });
  it('waits longer each time, from a quarter of a second to ten minutes, never longer and never less than none', async () => {
    const { queue, runs } = await queueWith(() => retry(), { maxRetry: 70 });
    await queue.create('t', zero);
    await pass(70 * 600_000);
    expect(runs).toHaveLength(71);
    const waits = runs.slice(1).map(({ atMs }, i) => atMs - (runs[i]?.atMs ?? 0));
    for (const [n, wait] of waits.entries()) {
      const longest = Math.min(500 * 2 ** n, 600_000);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    }
    // a herd that failed together does not come back together, at the longest wait either
    expect(new Set(waits.slice(20)).size).toBeGreaterThan(30);
  });
  it('uses up an attempt with a time of its own, too', async () => {
    const { queue, runs } = await queueWith(() => retry({ at: Date.now() + 1 }), { maxRetry: 3 });
    await queue.create('t', zero);
    await pass(1_000);
    expect(runs).toHaveLength(4);
  });
  it('is listed when given up, with its last error and its last data, and runs again when redriven', async () => {
    let isMended = false;
    const { queue, runs } = await queueWith(
      ({ attempt }) => (isMended ? ok() : retry({ error: `no ${attempt}`, data: `d${attempt}` })),
      { maxRetry: 1 },
    );
    const id = await queue.create('t', zero, 'd0');
    await pass(60_000);
    const { events } = await queue.listGivenUp();
    expect(events).toMatchObject([
      { id, type: 't', attempts: 2, lastError: 'retry: no 2', data: 'd2', triggerTime: new Date(zero) },
    ]);
    isMended = true;
    expect(await queue.redrive(id)).toBe(true);
    await pass(10);
    expect(runs.map(({ event }) => event.attempt)).toEqual([1, 2, 3]);
    expect(runs[2]?.event.data).toBe('d2');
    expect((await queue.listGivenUp()).events).toEqual([]);
    expect(await queue.redrive(id)).toBe(false);
    expect(await queue.redrive('nobody')).toBe(false);
  });
});

describe('a cancelled event', () => {
  it('that has not fired never runs', async () => {
    const { queue, runs } = await queueWith(() => ok());
    const id = await queue.create('t', zero + 1_000);
    expect(await queue.cancel(id)).toBe('cancelled');
    expect(await queue.cancel(id)).toBe('cancelled');
    await pass(60_000);
    expect(runs).toEqual([]);
    expect([stat(queue, 'nbCancel'), stat(queue, 'nbComplete'), stat(queue, 'nbTriggered')]).toEqual([
      1, 1, 0,
    ]);
  });
  it('that runs just now is not tried again', async () => {
    let answer: () => void = () => undefined;
    const { queue, runs } = await queueWith(
      () =>
        new Promise((resolve) => {
          answer = () => resolve(retry());
        }),
    );
    const id = await queue.create('t', zero);
    await pass(1);
    expect(await queue.cancel(id)).toBe('running');
    answer();
    await pass(3_600_000);
    expect(runs).toHaveLength(1);
    expect(await queue.cancel(id)).toBe('cancelled');
  });
  it('that waits for a retry never runs again', async () => {
    const { queue, runs } = await queueWith(() => retry({ at: Date.now() + 5_000 }));
    const id = await queue.create('t', zero);
    await pass(10);
    expect(await queue.cancel(id)).toBe('cancelled');
    await pass(60_000);
    expect(runs).toHaveLength(1);
  });
  it('is told from one that is unknown and one that has fired', async () => {
    const { queue } = await queueWith(() => ok());
    const id = await queue.create('t', zero);
    await pass(1);
    expect(await queue.cancel(id)).toBe('already-fired');
    expect(await queue.cancel('nobody')).toBe('unknown');
  });
});

describe('a queue', () => {
  it('has every counter, sorted by name', async () => {
    const { queue } = await queueWith(() => ok());
    const keys = Object.keys(queue.getStat());
    expect(keys).toEqual([...keys].sort());
    const named = (part: string, names: readonly string[]) => names.map((name) => `futurama.${part}.${name}`);
    expect(keys).toEqual(
      [
        ...named('Scheduler', [
          'nbEvents',
          'nbCapacity',
          'nbDelayed',
          'nbTriggered',
          'nbGiveup',
          'nbRecovered',
        ]),
        ...named('MySQLStore', ['nbError', 'nbSave', 'nbCancel', 'nbComplete', 'nbRetry', 'nbReset']),
        ...named('MySQLConsumer', ['nbGetEvents', 'nbRecovered']),
        ...named('sys', [
          'StartTime',
          'UpTime',
          'CollectedTime',
          'NumGoroutine',
          'MemAlloc',
          'HeapAlloc',
          'NextGC',
          'NumGC',
        ]),
      ].sort(),
    );
  });
  it('logs its counters at each interval and at stop, and begins anew; asking does not', async () => {
    const { queue } = await queueWith(() => ok(), { statIntervalMs: 1_000 });
    await queue.create('t', zero);
    await pass(10);
    expect([stat(queue, 'nbTriggered'), stat(queue, 'nbTriggered')]).toEqual([1, 1]);
    log.info.mockClear();
    await pass(990);
    expect(log.info.mock.calls[0]?.[0]).toMatchObject({ stat: { 'futurama.Scheduler.nbTriggered': 1 } });
    expect(stat(queue, 'nbTriggered')).toBe(0);
    await queue.stop();
    expect(log.info).toHaveBeenCalledTimes(2);
  });
  it('logs its counters at stop where no interval is set', async () => {
    const { queue } = await queueWith(() => ok());
    log.info.mockClear();
    await pass(3_600_000);
    expect(log.info).not.toHaveBeenCalled();
    await queue.stop();
    expect(log.info).toHaveBeenCalledTimes(1);
  });
  it('waits for triggers under way when it stops, and takes nothing new', async () => {
    let end: () => void = () => undefined;
    const { queue, runs } = await queueWith(
      () =>
        new Promise((resolve) => {
          end = () => resolve(ok());
        }),
    );
    const id = await queue.create('t', zero);
    await queue.create('t', zero + 100);
    await pass(1);
    let isStopped = false;
    const stopping = queue.stop().then(() => {
      isStopped = true;
    });
    await pass(500);
    expect([isStopped, runs.length]).toEqual([false, 1]);
    end();
    await stopping;
    expect(await queue.cancel(id)).toBe('already-fired');
  });
  it('keeps the lock of a trigger that works for long, and frees that of one that is gone', async () => {
    const { queue, runs } = await queueWith(
      ({ attempt }) =>
        attempt === 1 ? new Promise((resolve) => setTimeout(() => resolve(ok()), 10_000)) : ok(),
      { lockTimeoutMs: 3_000 },
    );
    await queue.create('t', zero);
    await pass(60_000);
    expect(runs).toHaveLength(1);
    expect(stat(queue, 'nbReset')).toBe(0);
  });
  it('starts and stops once, in any order, and tells what its store says', async () => {
    const memory = new InMemoryDelays({ log });
    const idle = new DelayQueue(memory, memory, { log, triggers: {} });
    await Promise.all([idle.stop(), idle.stop()]);
    await expect(idle.start()).rejects.toThrow('stays stopped');
    const broken = new DelayQueue(
      Object.assign(new InMemoryDelays({ log }), { open: () => Promise.reject(new Error('no database')) }),
      memory,
      { log, triggers: {} },
    );
    await expect(broken.start()).rejects.toThrow('no database');
    await broken.stop();
  });
  it.each(['open', 'start'])('stops though its %s waits for ever otherwise', async (waits) => {
    const [store, consumer] = [new InMemoryDelays({ log }), new InMemoryDelays({ log })];
    const [reached, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const wait = (): Promise<void> => {
      reached.resolve();
      return ended.promise;
    };
    const end = async (): Promise<void> => ended.resolve();
    const start = vi.spyOn(consumer, 'start');
    if (waits === 'open') Object.assign(store, { open: wait, close: end });
    else Object.assign(consumer, { start: start.mockImplementation(wait), stop: end });
    const queue = new DelayQueue(store, consumer, { log, triggers: {}, statIntervalMs: 1_000 });
    const starting = queue.start();
    await reached.promise;
    await queue.stop();
    await starting;
    expect(start).toHaveBeenCalledTimes(waits === 'open' ? 0 : 1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejectionError } from '#client';
import { payloadBytesMax, type RejectionCode } from '#timer';
import { InvalidTaskError } from '../errors.js';
import type { Task, TaskOptions, TaskResult } from '../model/task.js';
import { RunQueue } from './run-queue.js';
import { type GiveBack, type RunDeps, RunnerStopsError, TaskRun } from './task-run.js';

const quiet = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
const invalid = () => new InvalidTaskError('t', 'it is another runner');
const refused = (code: RejectionCode, more: object = {}) => rejectionError({ code, message: code, ...more });
const task = (options: TaskOptions = {}, failures = 0): Task => ({
  taskId: 'i',
  id: 't',
  executor: 'init',
  context: '',
  options: { heartbeatTimeout: '3s', ...options },
  parent: undefined,
  status: 'running',
  runner: 'r1',
  epoch: 1,
  lastHeartbeat: new Date(0),
  progress: undefined,
  failures,
  lastError: undefined,
  result: undefined,
  createdAt: new Date(0),
  completedAt: undefined,
  eventId: 'e',
  attempt: 1,
  version: 3,
});

const circular: unknown[] = [];
circular.push(circular);

let said: (string | TaskResult | GiveBack)[];
let beat: () => Promise<unknown>;
let tell: () => Promise<unknown>;
/** Refuses what cannot be stored. */
let store: (text: string) => Promise<unknown>;
const deps: RunDeps = {
  heartbeat: async (_task, progress) => {
    said.push(progress === undefined ? 'beat' : `beat ${progress.percent}`);
    await beat();
  },
  complete: async (_task, text) => {
    await store(text);
    await tell();
    said.push(JSON.parse(text) as TaskResult);
  },
  giveBack: async (_task, how) => {
    await store(how.after);
    await tell();
    said.push(how);
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  log: quiet,
};
/** Executes and answers, as a runner does. */
async function whole(run: TaskRun): Promise<void> {
  const result = await run.execute();
  if (result !== null) await run.answer(result);
}
const forEver = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

beforeEach(() => {
  // not setImmediate: specs take a turn of the loop by it
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  said = [];
  beat = tell = store = async () => undefined;
});
afterEach(() => vi.useRealTimers());

describe('a run of a task', () => {
  it('completes with what the executor returned', async () => {
    await whole(new TaskRun(task(), () => 42, deps));
    await whole(new TaskRun(task(), () => undefined, deps));
    expect(said).toEqual([{ code: 'success', value: 42 }, { code: 'success' }]);
  });
  it('completes as failed when the executor throws and no retry is left', async () => {
    const fail = () => Promise.reject(new Error('no'));
    await whole(new TaskRun(task(), fail, deps));
    await whole(new TaskRun(task({ maxRetryTimes: 2 }, 2), fail, deps));
    expect(said).toEqual([
      { code: 'failed', error: 'no' },
      { code: 'failed', error: 'no' },
    ]);
  });
  it('is retried after the interval while retries are left, and the count stays with the task', async () => {
    const fail = () => Promise.reject(new Error('no'));
    await whole(new TaskRun(task({ maxRetryTimes: 2, retryInterval: '7s' }, 1), fail, deps));
    expect(said).toEqual([{ after: '7s', error: 'no', data: '{"failures":2}' }]);
  });
  it('sends heartbeats from when it was taken, waiting or running, until it is answered', async () => {
    let finish: (value?: unknown) => void = () => undefined;
    const run = new TaskRun(task(), () => new Promise((resolve) => (finish = resolve)), deps);
    await vi.advanceTimersByTimeAsync(2_000);
    const over = whole(run);
    await vi.advanceTimersByTimeAsync(2_000);
    finish();
    await over;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(['beat', 'beat', 'beat', 'beat', { code: 'success' }]);
  });
  it('tells progress with a heartbeat of its own', async () => {
    await whole(new TaskRun(task(), async (_task, { progress }) => progress({ percent: 40 }), deps));
    expect(said).toEqual(['beat 40', { code: 'success' }]);
  });
  it('fires the signal and says nothing more when a heartbeat is refused', async () => {
    let calls = 0;
    let reason: unknown;
    const run = new TaskRun(
      task({ maxRetryTimes: 5 }),
      async (_task, { signal }) => {
        calls += 1;
        await forEver(signal).catch((error: unknown) => {
          reason = error;
          throw error;
        });
      },
      deps,
    );
    const over = whole(run);
    beat = () => Promise.reject(invalid());
    await vi.advanceTimersByTimeAsync(60_000);
    await over;
    expect([calls, said, run.lost.aborted]).toEqual([1, ['beat'], true]);
    expect(reason).toBeInstanceOf(InvalidTaskError);
  });
  it('goes on when a heartbeat meets any other error, until the timeout has passed', async () => {
    const run = new TaskRun(task(), (_task, { signal }) => forEver(signal), deps);
    const over = whole(run);
    beat = () => Promise.reject(new Error('no broker'));
    await vi.advanceTimersByTimeAsync(2_900);
    expect(run.lost.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(run.lost.aborted).toBe(true);
    await over;
    expect(said).not.toContainEqual(expect.objectContaining({ code: 'failed' }));
  });
  it('counts the timeout from when the last answered heartbeat was sent', async () => {
    const run = new TaskRun(task(), (_task, { signal }) => forEver(signal), deps);
    void whole(run);
    let count = 0;
    // the first is answered after two seconds, the next ones never
    beat = () =>
      count++ === 0 ? new Promise((resolve) => setTimeout(resolve, 1_900)) : new Promise(() => undefined);
    await vi.advanceTimersByTimeAsync(3_950);
    expect(run.lost.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(run.lost.aborted).toBe(true);
  });
  it.each(['30d', '90d'])(
    'is kept for a heartbeat timeout of %s, by one heartbeat each third',
    async (heartbeatTimeout) => {
      const thirdMs = (Number.parseInt(heartbeatTimeout, 10) * 86_400_000) / 3;
      const run = new TaskRun(task({ heartbeatTimeout }), (_task, { signal }) => forEver(signal), deps);
      void whole(run);
      await vi.advanceTimersByTimeAsync(thirdMs - 1_000);
      expect(said).toEqual([]);
      await vi.advanceTimersByTimeAsync(2 * thirdMs);
      expect([said, run.lost.aborted]).toEqual([['beat', 'beat'], false]);
      beat = () => Promise.reject(new Error('no broker'));
      await vi.advanceTimersByTimeAsync(3 * thirdMs);
      expect(run.lost.aborted).toBe(true);
    },
  );
  it.each([
    ['refers to itself', circular, 'circular'],
    ['has a BigInt', { id: 7n }, 'BigInt'],
    ['has a toJSON that throws', { toJSON: () => JSON.parse('{') }, 'JSON'],
  ])('completes as failed, without another run, when its result %s', async (_what, value, reason) => {
    const over = whole(new TaskRun(task({ maxRetryTimes: 3 }), () => value, deps));
    await vi.advanceTimersByTimeAsync(2_000);
    await over;
    expect(said).toEqual([{ code: 'failed', error: expect.stringContaining(reason) }]);
    expect((said[0] as TaskResult).error).toMatch(/^the result cannot be stored: /);
  });
  it('completes as failed, with the reason, when its result is refused for ever', async () => {
    store = (text) =>
      text.length > payloadBytesMax ? Promise.reject(refused('invalid-spec')) : Promise.resolve();
    const run = new TaskRun(task({ maxRetryTimes: 3 }), () => 'x'.repeat(payloadBytesMax), deps);
    const over = whole(run);
    await vi.advanceTimersByTimeAsync(1_000);
    await over;
    expect(said).toEqual([{ code: 'failed', error: 'the result was refused: invalid-spec' }]);
    expect(run.lost.aborted).toBe(false);
  });
  it('completes as failed when what its options say of a retry is refused', async () => {
    store = (text) => (text === 'soon' ? Promise.reject(refused('invalid-spec')) : Promise.resolve());
    const options = { maxRetryTimes: 3, retryInterval: 'soon' };
    const over = whole(new TaskRun(task(options), () => Promise.reject(new Error('no')), deps));
    await vi.advanceTimersByTimeAsync(1_000);
    await over;
    expect(said).toEqual([{ code: 'failed', error: 'no; the retry was refused: invalid-spec' }]);
  });
  it('waits where a quota says when, and gives the task up where nothing at all is taken', async () => {
    let tries = 0;
    store = async () => {
      tries += 1;
      if (tries < 3) throw refused('quota-exceeded', { retryAfterMs: 100 });
    };
    const waiting = whole(new TaskRun(task(), () => 1, deps));
    await vi.advanceTimersByTimeAsync(1_200);
    await waiting;
    expect(said.at(-1)).toEqual({ code: 'success', value: 1 });
    store = () => Promise.reject(refused('too-large'));
    const run = new TaskRun(task(), () => 2, deps);
    await whole(run);
    expect(run.lost.aborted).toBe(true);
  });
  it('tells of whatever was thrown', async () => {
    const throwing = (thrown: unknown) => whole(new TaskRun(task(), () => Promise.reject(thrown), deps));
    await throwing(Object.create(null));
    await throwing(Object.assign(new Error(), { message: { code: 7 } }));
    expect(said.map((result) => (result as TaskResult).code)).toEqual(['failed', 'failed']);
  });
  it('tells its outcome until it has arrived', async () => {
    let tries = 0;
    tell = async () => {
      tries += 1;
      if (tries < 4) throw new Error('no broker');
    };
    const over = whole(new TaskRun(task(), () => 'done', deps));
    await vi.advanceTimersByTimeAsync(1_600);
    await over;
    expect(said.at(-1)).toEqual({ code: 'success', value: 'done' });
  });
  it('that was completed by somebody else is over', async () => {
    tell = () => Promise.reject(invalid());
    const run = new TaskRun(task(), () => 'done', deps);
    await whole(run);
    expect([said, run.lost.aborted]).toEqual([[], true]);
  });
});

describe('a runner that stops', () => {
  it('hands back what it interrupted, and keeps it by heartbeats until then', async () => {
    const run = new TaskRun(task({ maxRetryTimes: 3 }), (_task, { signal }) => forEver(signal), deps);
    const executed = run.execute();
    run.interrupt(new RunnerStopsError());
    expect(await executed).toBeNull();
    await vi.advanceTimersByTimeAsync(1_000);
    await run.handBack('the runner stops', '100ms');
    expect(said).toEqual(['beat', { after: '100ms', error: 'the runner stops', handBack: true }]);
  });
  it('has the work of an executor counted that ends it all the same', async () => {
    let finish: (value?: unknown) => void = () => undefined;
    const run = new TaskRun(task(), () => new Promise((resolve) => (finish = resolve)), deps);
    const over = whole(run);
    run.interrupt(new RunnerStopsError());
    finish('just so');
    await over;
    expect(said).toEqual([{ code: 'success', value: 'just so' }]);
  });
});

describe('the queue of a runner', () => {
  it('executes at most so many at a time, in the order they came', async () => {
    const [begun, ends]: [string[], (() => void)[]] = [[], []];
    const queue = new RunQueue(2, async (run) => {
      begun.push(run.task.id);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
    for (const id of ['1', '2', '3', '4']) queue.add(new TaskRun({ ...task(), id }, () => 0, deps));
    expect([begun, queue.running, queue.waiting]).toEqual([['1', '2'], 2, 2]);
    ends[1]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect([begun, queue.running, queue.waiting]).toEqual([['1', '2', '3'], 2, 1]);
    expect(queue.drain().map(({ task: { id } }) => id)).toEqual(['4']);
  });
});

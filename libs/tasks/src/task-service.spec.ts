import { beforeEach, describe, expect, it } from 'vitest';
import { CommandTimeoutError, InvalidSpecError } from '#client';
import { InvalidTaskError, NotReadyError } from './errors.js';
import { FrameworkSwitch } from './framework-switch.js';
import type { Task } from './model/task.js';
import { MemoryTimers } from './spec-dsl.js';
import { TaskService } from './task-service.js';

let timers: MemoryTimers;
let tasks: TaskService;
beforeEach(() => {
  timers = new MemoryTimers();
  tasks = new TaskService(timers, { framework: new FrameworkSwitch() });
});
const task = async (id: string): Promise<Task> => {
  const found = await tasks.get(id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found;
};
const created = async (id: string, more: object = {}): Promise<Task> => {
  await tasks.create({ id, executor: 'init', ...more });
  timers.pass(5);
  return task(id);
};

describe('creating a task', () => {
  it('makes one that waits: no epoch, no runner, no result', async () => {
    const made = await created('a', { context: 'for you' });
    expect(made).toMatchObject({ status: 'created', epoch: 0, executor: 'init', context: 'for you' });
    expect([made.runner, made.result, made.lastHeartbeat]).toEqual([undefined, undefined, undefined]);
    expect(made.createdAt.getTime()).toBe(timers.now - 5);
  });
  it('is paused while its timer is, and waits again afterwards', async () => {
    const { id } = await created('a', { options: { delay: '1h' } });
    const timer = { key: id, namespace: tasks.namespace };
    await timers.pauseTimer(timer);
    expect(await task('a')).toMatchObject({ status: 'paused' });
    await timers.resumeTimer(timer);
    expect(await task('a')).toMatchObject({ status: 'created' });
  });
  it('does nothing for an id that is there, whatever else is given', async () => {
    expect(await tasks.create({ id: 'a', executor: 'init' })).toBe(true);
    expect(await tasks.create({ id: 'a', executor: 'other', context: 'new' })).toBe(false);
    expect(await task('a')).toMatchObject({ executor: 'init', context: '' });
  });
  it('does nothing for an id that was completed, until its retention is over', async () => {
    const given = await tasks.allocate(await created('a', { options: { retention: '1h' } }), 'r1');
    await tasks.complete(given, 'r1', { code: 'success' });
    expect(await tasks.create({ id: 'a', executor: 'init' })).toBe(false);
    timers.pass(3_600_001);
    expect(await tasks.get('a')).toBeUndefined();
    expect(await tasks.create({ id: 'a', executor: 'init' })).toBe(true);
  });
  it('makes of a batch what is not there, and of the same id twice the first', async () => {
    await tasks.create({ id: 'b', executor: 'init' });
    const batch = ['a', 'b', 'c', 'c', 'ca'].map((id, n) => ({ id, executor: 'init', context: `${n}` }));
    expect(await tasks.createBatch(batch)).toBe(3);
    expect(await task('c')).toMatchObject({ context: '2' });
    expect(await tasks.createBatch([])).toBe(0);
  });
  it('keeps a context byte for byte, text or bytes', async () => {
    const text = '{"id": 9007199254740993}\u0000\ud800';
    expect((await created('text', { context: text })).context).toBe(text);
    const bytes = new Uint8Array([0, 255, 10, 200]);
    expect((await created('bytes', { context: bytes })).context).toEqual(bytes);
  });
  it('waits for the delay that it was given', async () => {
    await tasks.create({ id: 'a', executor: 'init', options: { delay: '10s' } });
    timers.pass(9_000);
    await expect(tasks.allocate(await task('a'), 'r1')).rejects.toThrow(InvalidTaskError);
    timers.pass(1_000);
    expect(await tasks.allocate(await task('a'), 'r1')).toMatchObject({ status: 'running', epoch: 1 });
  });
  it('says that it is not ready when nobody answers, and adds nothing for a caller who is gone', async () => {
    timers.failure = new CommandTimeoutError('c', 100);
    await expect(tasks.create({ id: 'a', executor: 'init' })).rejects.toThrow(NotReadyError);
    timers.failure = null;
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(tasks.create({ id: 'a', executor: 'init' }, { signal: gone })).rejects.toThrow('gone');
    await expect(tasks.createBatch([{ id: 'a', executor: 'init' }], { signal: gone })).rejects.toThrow(
      'gone',
    );
    expect(await tasks.query()).toEqual([]);
  });
  it('passes any other refusal on as it is', () =>
    expect(tasks.create({ id: 'a', executor: 'init', options: { delay: 'soon' } })).rejects.toThrow(
      InvalidSpecError,
    ));
});

describe('giving a task to a runner', () => {
  it('begins the first epoch, with a heartbeat now', async () => {
    const given = await tasks.allocate(await created('a'), 'r1');
    expect(given).toMatchObject({ status: 'running', runner: 'r1', epoch: 1 });
    expect(given.lastHeartbeat?.getTime()).toBe(timers.now);
  });
  it('takes it from another as the next epoch', async () => {
    const first = await tasks.allocate(await created('a'), 'r1');
    const second = await tasks.allocate(await task('a'), 'r2');
    expect(second).toMatchObject({ runner: 'r2', epoch: 2 });
    await expect(tasks.complete(first, 'r1', { code: 'success' })).rejects.toThrow(InvalidTaskError);
  });
  it('is done by one of two who saw the same epoch', async () => {
    const seen = await tasks.allocate(await created('a'), 'r1');
    await tasks.allocate(seen, 'r2');
    await expect(tasks.allocate(seen, 'r3')).rejects.toThrow(InvalidTaskError);
    expect(await task('a')).toMatchObject({ runner: 'r2', epoch: 2 });
  });
  it('is refused for a task that is completed or gone', async () => {
    const given = await tasks.allocate(await created('a'), 'r1');
    await tasks.complete(given, 'r1', { code: 'success' });
    await expect(tasks.allocate(await task('a'), 'r2')).rejects.toThrow(InvalidTaskError);
    await expect(tasks.allocate(given, 'r2')).rejects.toThrow(InvalidTaskError);
    await tasks.delete('a');
    await expect(tasks.allocate(given, 'r2')).rejects.toThrow(InvalidTaskError);
  });
  it('tells the runner, if somebody is there to tell it', async () => {
    const told: unknown[] = [];
    const telling = new TaskService(timers, { claims: { post: async (claim) => void told.push(claim) } });
    await telling.allocate(await created('a'), 'r1');
    expect(told).toMatchObject([{ runner: 'r1', key: 'a', attempt: 1 }]);
  });
});

describe('completing a task', () => {
  it('keeps its result with its runner, epoch and time, for the retention', async () => {
    const given = await tasks.allocate(await created('a'), 'r1');
    timers.pass(1_000);
    const done = await tasks.complete(given, 'r1', { code: 'success', value: { rows: 3 } });
    expect(done).toMatchObject({ status: 'completed', runner: 'r1', epoch: 1 });
    timers.pass(3_600_000 * 23);
    expect(await task('a')).toEqual({ ...done });
    expect(done.result).toEqual({ code: 'success', value: { rows: 3 } });
    expect(done.completedAt?.getTime()).toBe(timers.now - 3_600_000 * 23);
  });
  it('with a bad result is completed all the same, and the error is cut to 1,000 characters', async () => {
    const given = await tasks.allocate(await created('a'), 'r1');
    const done = await tasks.complete(given, 'r1', { code: 'failed', error: 'x'.repeat(2_000) });
    expect(done.result).toEqual({ code: 'failed', error: 'x'.repeat(1_000) });
  });
  it('is refused twice, to another runner, to a former epoch, and before it was given to anybody', async () => {
    const waiting = await created('a');
    await expect(tasks.complete(waiting, 'r1', { code: 'success' })).rejects.toThrow(InvalidTaskError);
    const first = await tasks.allocate(waiting, 'r1');
    await expect(tasks.complete(first, 'r2', { code: 'success' })).rejects.toThrow(InvalidTaskError);
    const second = await tasks.allocate(first, 'r1');
    await expect(tasks.complete(first, 'r1', { code: 'success' })).rejects.toThrow(InvalidTaskError);
    await tasks.complete(second, 'r1', { code: 'success' });
    await expect(tasks.complete(second, 'r1', { code: 'failed' })).rejects.toThrow(InvalidTaskError);
    expect((await task('a')).result).toEqual({ code: 'success' });
  });
});

describe('a heartbeat', () => {
  it('keeps the task for another timeout, and may tell progress', async () => {
    const given = await tasks.allocate(await created('a', { options: { heartbeatTimeout: '2s' } }), 'r1');
    for (let beat = 0; beat < 5; beat += 1) {
      timers.pass(1_500);
      await tasks.heartbeat(given, 'r1', { percent: beat * 20, note: 'on' });
    }
    expect(await task('a')).toMatchObject({ epoch: 1, progress: { percent: 80, note: 'on' } });
    expect((await task('a')).lastHeartbeat?.getTime()).toBe(timers.now);
  });
  it('that does not come frees the task, and the late one is refused', async () => {
    const given = await tasks.allocate(await created('a', { options: { heartbeatTimeout: '2s' } }), 'r1');
    timers.pass(2_000);
    expect(await task('a')).toMatchObject({ status: 'created', epoch: 1 });
    await expect(tasks.heartbeat(given, 'r1')).rejects.toThrow(InvalidTaskError);
    expect(await tasks.allocate(await task('a'), 'r2')).toMatchObject({ epoch: 2 });
  });
  it('of another runner, of another epoch or of a running task that reads no result is no result', async () => {
    const given = await tasks.allocate(await created('a'), 'r1');
    await expect(tasks.heartbeat(given, 'r2')).rejects.toThrow(InvalidTaskError);
    await expect(tasks.heartbeat({ ...given, attempt: 7 }, 'r1')).rejects.toThrow(InvalidTaskError);
    expect((await tasks.heartbeat(given, 'r1')).result).toBeUndefined();
  });
});

describe('cancelling a task', () => {
  it('ends one that waits, and its id stays taken', async () => {
    await created('a');
    expect(await tasks.cancel('a')).toMatchObject({ status: 'canceled', epoch: 0 });
    await expect(tasks.allocate(await task('a'), 'r1')).rejects.toThrow(InvalidTaskError);
    expect(await tasks.create({ id: 'a', executor: 'init' })).toBe(false);
  });
  it('lets one that runs be completed, and no run follows', async () => {
    const given = await tasks.allocate(await created('a'), 'r1');
    await tasks.cancel('a');
    expect(await tasks.complete(given, 'r1', { code: 'success' })).toMatchObject({ status: 'completed' });
    await tasks.allocate(await created('b', { options: { heartbeatTimeout: '2s' } }), 'r1');
    await tasks.cancel('b');
    timers.pass(2_000);
    expect(await task('b')).toMatchObject({ status: 'canceled' });
  });
  it('is refused for one that is completed or gone', async () => {
    await tasks.complete(await tasks.allocate(await created('a'), 'r1'), 'r1', { code: 'success' });
    await expect(tasks.cancel('a')).rejects.toThrow(InvalidTaskError);
    await expect(tasks.cancel('b')).rejects.toThrow(InvalidTaskError);
  });
});

describe('a task that no runner survives', () => {
  it('is completed as failed in the end, and says so', async () => {
    await created('a', { options: { heartbeatTimeout: '2s' } });
    for (let epoch = 1; epoch <= 100; epoch += 1) {
      await tasks.allocate(await task('a'), `r${epoch}`);
      timers.pass(2_000);
    }
    expect(await task('a')).toMatchObject({ status: 'completed', epoch: 100, result: { code: 'failed' } });
  });
  it('waits for ever while nobody can do it, and no epoch is used up', async () => {
    await created('a');
    timers.pass(3_600_000 * 24);
    expect(await task('a')).toMatchObject({ status: 'created', epoch: 0 });
  });
});

describe('the framework switch', () => {
  it('turned off makes calls answer without effect, and turned on again they go on', async () => {
    const framework = new FrameworkSwitch();
    const switched = new TaskService(timers, { framework });
    const given = await tasks.allocate(await created('a'), 'r1');
    framework.turn('off');
    expect(await switched.create({ id: 'b', executor: 'init' })).toBe(false);
    expect(await switched.createBatch([{ id: 'b', executor: 'init' }])).toBe(0);
    expect(await switched.query()).toEqual([]);
    expect(await switched.delete('a')).toBe(false);
    expect(await switched.cron.create({ id: 'c', executor: 'init', cron: '@daily' })).toBe(false);
    expect(await switched.cron.list()).toEqual([]);
    await expect(switched.complete(given, 'r1', { code: 'success' })).rejects.toThrow(NotReadyError);
    framework.turn('on');
    await switched.complete(given, 'r1', { code: 'success' });
    expect(await switched.create({ id: 'b', executor: 'init' })).toBe(true);
  });
});

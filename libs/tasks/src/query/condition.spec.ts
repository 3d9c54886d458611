import { beforeEach, describe, expect, it } from 'vitest';
import { FrameworkSwitch } from '../framework-switch.js';
import { MemoryTimers } from '../spec-dsl.js';
import { TaskService } from '../task-service.js';
import {
  type QueryPart,
  withEpoch,
  withExecutor,
  withLimit,
  withMetadataId,
  withParent,
  withRunner,
  withStatus,
  withTaskId,
  withTaskIdDescending,
} from './condition.js';

let timers: MemoryTimers;
let tasks: TaskService;
const ids = async (...parts: QueryPart[]): Promise<string> =>
  (await tasks.query(...parts)).map(({ id }) => id).join('');
const idOf = async (id: string): Promise<string> => (await tasks.get(id))?.taskId ?? '';

/** a: created · b: running, r1, epoch 1 · c: running, r2, epoch 2 · d: completed by r1, executor 10 */
beforeEach(async () => {
  timers = new MemoryTimers();
  tasks = new TaskService(timers, { framework: new FrameworkSwitch() });
  for (const id of ['a', 'b', 'c', 'd']) {
    await tasks.create({ id, executor: id === 'd' ? 10 : 'init' });
    timers.pass(5);
  }
  const give = async (id: string, runner: string) => {
    const task = await tasks.get(id);
    return tasks.allocate(task ?? { id, eventId: undefined, attempt: 0 }, runner);
  };
  await give('b', 'r1');
  await give('c', 'r1');
  await give('c', 'r2');
  await tasks.complete(await give('d', 'r1'), 'r1', { code: 'success' });
});

describe('a query of tasks', () => {
  it('without a condition finds all of them by rising task id', async () => {
    await tasks.create({ id: '0', executor: 'init' });
    expect(await ids()).toBe('abcd0');
    expect(await ids(withTaskIdDescending(), withLimit(2))).toBe('0d');
  });
  it('compares task ids by every operator', async () => {
    const b = await idOf('b');
    expect(await ids(withTaskId('EQ', b))).toBe('b');
    expect(await ids(withTaskId('GT', b))).toBe('cd');
    expect(await ids(withTaskId('GE', b))).toBe('bcd');
    expect(await ids(withTaskId('LT', b))).toBe('a');
    expect(await ids(withTaskId('LE', b))).toBe('ab');
    expect(await ids(withTaskId('IN', [b, await idOf('d')]))).toBe('bd');
  });
  it('compares runners as text', async () => {
    expect(await ids(withRunner('EQ', 'r1'))).toBe('bd');
    expect(await ids(withRunner('GT', 'r1'))).toBe('c');
    expect(await ids(withRunner('LE', 'r1'))).toBe('abd');
    expect(await ids(withRunner('LIKE', 'r_'))).toBe('bcd');
  });
  it('compares epochs as numbers', async () => {
    expect(await ids(withEpoch('EQ', 0))).toBe('a');
    expect(await ids(withEpoch('GE', 1))).toBe('bcd');
    expect(await ids(withEpoch('LT', 2))).toBe('abd');
    expect(await ids(withEpoch('IN', [0, 2]))).toBe('ac');
  });
  it('asks for one status or for several', async () => {
    expect(await ids(withStatus('EQ', 'created'))).toBe('a');
    expect(await ids(withStatus('EQ', 'running'))).toBe('bc');
    expect(await ids(withStatus('EQ', 'completed'))).toBe('d');
    expect(await ids(withStatus('IN', ['created', 'completed']))).toBe('ad');
    expect(await ids(withStatus('GE', 'running'))).toBe('bcd');
  });
  it('asks for executors, numbers or names', async () => {
    expect(await ids(withExecutor('EQ', 10))).toBe('d');
    expect(await ids(withExecutor('EQ', 'init'))).toBe('abc');
    expect(await ids(withExecutor('IN', ['init', 10]))).toBe('abcd');
  });
  it('asks for parents, of which one-shot tasks have none', async () =>
    expect(await ids(withParent('EQ', 'p'))).toBe(''));
  it('asks for ids by a pattern in which only % and _ mean something', async () => {
    await tasks.create({ id: 'x.y', executor: 'init' });
    await tasks.create({ id: 'x%y', executor: 'init' });
    expect(await ids(withMetadataId('LIKE', 'x.%'))).toBe('x.y');
    expect(await ids(withMetadataId('LIKE', 'x\\%y'))).toBe('x%y');
    expect(await ids(withMetadataId('LIKE', `' or 1=1`))).toBe('');
  });
  it('wants all of its conditions, and of two on one field the later one', async () => {
    expect(await ids(withRunner('EQ', 'r1'), withStatus('EQ', 'running'))).toBe('b');
    expect(await ids(withRunner('EQ', 'r1'), withRunner('EQ', 'r2'))).toBe('c');
  });
  it('takes its limit after the conditions, and 0 for none', async () => {
    expect(await ids(withLimit(2))).toBe('ab');
    expect(await ids(withLimit(1), withRunner('EQ', 'r2'))).toBe('c');
    expect(await ids(withLimit(0))).toBe('abcd');
  });
  it('turns around on request, before the limit', async () => {
    expect(await ids(withTaskIdDescending())).toBe('dcba');
    expect(await ids(withTaskIdDescending(), withLimit(1))).toBe('d');
    expect(await ids(withTaskIdDescending(), withLimit(3))).toBe('dcb');
  });
  it('refuses what makes no sense', async () => {
    await expect(tasks.query(withLimit(-1))).rejects.toThrow(RangeError);
    await expect(tasks.query(withEpoch('IN', 3))).rejects.toThrow(RangeError);
    await expect(tasks.query(withEpoch('EQ', [3]))).rejects.toThrow(RangeError);
  });
});

describe('deleting tasks', () => {
  it('answers how many met the condition, and leaves the others', async () => {
    expect(await tasks.deleteWhere(withRunner('EQ', 'r1'))).toBe(2);
    expect(await ids()).toBe('ac');
  });
  it('is refused without a condition: it would be all', () =>
    expect(tasks.deleteWhere()).rejects.toThrow(RangeError));
});

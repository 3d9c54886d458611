import { describe, expect, it } from 'vitest';
import { MemoryTimers } from '../spec-dsl.js';
import { claimCorrelation, claimKey, claimKeyOf, parseReport, partitionOfRunner } from '../wire.js';
import { Executors } from './executors.js';
import { TaskRunner } from './task-runner.js';

const log = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
const kafka = { brokers: ['127.0.0.1:1'], clientId: 'spec', log };
const runner = (more: object = {}) => new TaskRunner({ kafka, timers: new MemoryTimers(), ...more });

describe('a runner', () => {
  it('takes the first executor of a code, and reports what it has', async () => {
    const executors = new Executors();
    expect(executors.register('init', () => 'first')).toBe(true);
    expect(executors.register('init', () => 'second')).toBe(false);
    executors.register(7, () => 'seven');
    expect(executors.of('init')?.({} as never, {} as never)).toBe('first');
    expect(executors.codes()).toEqual(['init', '7']);
    expect(executors.of('other')).toBeUndefined();
  });
  it('refuses an executor of which no due topic could be made, and takes every other', () => {
    const executors = new Executors();
    for (const code of ['', 'send mail', 'a/b', 'ä', 'x'.repeat(60)])
      expect(() => executors.register(code, () => 0)).toThrow(RangeError);
    expect(() => runner().registerExecutor('send mail', () => 0)).toThrow(
      '"send mail" is no executor\'s code: 1 to 59 of A-Z a-z 0-9 . _ -',
    );
    for (const code of ['send-mail', 'a.b', 'a_b', 'x'.repeat(59), 7]) executors.register(code, () => 0);
    expect(executors.codes()).toHaveLength(5);
  });
  it('runs a quarter of the cores at a time, at least one, or as many as it is told; 0 means the default', () => {
    expect(runner().parallelism()).toBeGreaterThanOrEqual(1);
    expect(runner({ parallelism: 0 }).parallelism()).toBe(runner().parallelism());
    expect(runner({ parallelism: 12 }).parallelism()).toBe(12);
  });
  it('has a name of its own, which others may use in a topic and a header', () => {
    expect(runner().name).not.toBe(runner().name);
    expect(() => runner({ runner: 'a/b' })).toThrow(RangeError);
  });
  it('that never started stops, as often as it is asked, and does not start any more', async () => {
    const stopped = runner();
    await stopped.stop();
    await stopped.stop();
    await stopped.start();
  });
});

describe('what runners and allocators say to each other', () => {
  it('finds a runner by its name alone, always the same partition', () => {
    const partitions = ['a', 'b', 'c', 'd', 'e'].map((name) => partitionOfRunner(name, 4));
    expect(partitions).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => partitionOfRunner(name, 4)));
    expect(partitions.every((partition) => partition >= 0 && partition < 4)).toBe(true);
  });
  it('tells a claim of this runner from those of others', () => {
    const key = claimKey('e', 3);
    expect(claimKeyOf(claimCorrelation('r1', key), 'r1')).toBe('e/3');
    expect(claimKeyOf(claimCorrelation('r1', key), 'r')).toBeNull();
    expect(claimKeyOf('another', 'r1')).toBeNull();
    expect(claimKeyOf(null, 'r1')).toBeNull();
  });
  it('passes over what is no report', () => {
    expect(parseReport(Buffer.from('{"runner":1}'))).toBeNull();
    expect(parseReport(Buffer.from('no json'))).toBeNull();
    expect(parseReport(null)).toBeNull();
  });
});

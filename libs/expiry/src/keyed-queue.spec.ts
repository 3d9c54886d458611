import { describe, expect, it } from 'vitest';
import { earliestOf } from './earliest.js';
import { KeyedQueue, ReentrantCallError } from './keyed-queue.js';

describe('work by key', () => {
  it('is done one after the other for one key, in order of arrival, and side by side for different ones', async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const work = (name: string, gate: number) => async () => {
      log.push(`start ${name}`);
      await gates[gate]?.promise;
      log.push(`end ${name}`);
    };
    const all = [queue.run('a', work('a1', 0)), queue.run('a', work('a2', 1)), queue.run('b', work('b1', 2))];
    await Promise.resolve();
    await Promise.resolve();
    expect(log).toEqual(['start a1', 'start b1']);
    for (const gate of gates) gate.resolve();
    await Promise.all(all);
    expect(log.filter((line) => line.includes('a'))).toEqual(expect.arrayContaining(['end a1', 'start a2']));
    expect(log.indexOf('end a1')).toBeLessThan(log.indexOf('start a2'));
    await queue.idle();
    expect(queue.size).toBe(0);
  });
  it('goes on after work that failed', async () => {
    const queue = new KeyedQueue();
    const failed = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
  it('is refused to work of the same key, which would wait for itself, however deep within', async () => {
    const queue = new KeyedQueue();
    const inner = () => queue.run('a', async () => 'never');
    await expect(queue.run('a', inner)).rejects.toThrow(ReentrantCallError);
    await expect(queue.run('a', () => queue.run('b', inner))).rejects.toThrow("'a' is being updated");
    expect(await queue.run('a', () => queue.run('b', async () => 'yes'))).toBe('yes');
    await queue.idle();
    expect(queue.size).toBe(0);
  });
  it('is not refused to what such work left behind when it ended', async () => {
    const queue = new KeyedQueue();
    const over = Promise.withResolvers<void>();
    const left = await queue.run('a', async () => ({
      later: over.promise.then(() => queue.run('a', async () => 'yes')),
    }));
    over.resolve();
    expect(await left.later).toBe('yes');
  });
});

it('the earliest of the moments that are known counts, and none known is now', () => {
  const [early, late] = [new Date(1_000), 2_000];
  expect(earliestOf(late, null, early, undefined)).toEqual(early);
  expect(Math.abs(earliestOf(null).getTime() - Date.now())).toBeLessThan(5_000);
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TopicRefused } from '#kafka';
import { DueTopics } from './due-topics.js';

describe('the due topics of executors', () => {
  let refused: Set<string>;
  let failure: Error | null;
  let made: Set<string>;
  let asked: number;
  let warnings: string[];
  let topics: DueTopics;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    [refused, made, asked, warnings, failure] = [new Set(), new Set(), 0, [], null];
    const silent = () => undefined;
    topics = new DueTopics({
      admin: {
        ensureTopics: async (specs) => {
          asked += 1;
          if (failure !== null) throw failure;
          for (const { topic } of specs) {
            if (refused.has(topic)) throw new TopicRefused(topic, new Error('collides'));
            made.add(topic);
          }
        },
      },
      log: {
        debug: silent,
        info: silent,
        error: silent,
        warn: (fields) => void warnings.push(Object.values(fields).join(': ')),
      },
      topicPrefix: 't',
      partitions: 1,
    });
  });
  afterEach(() => void vi.useRealTimers());

  it('are made in one go where Kafka takes them', async () => {
    expect(await topics.made(['a', 'b'])).toEqual(['a', 'b']);
    expect([[...made], asked]).toEqual([['t.due.task.a', 't.due.task.b'], 1]);
    expect(await topics.made([])).toEqual([]);
    expect(asked).toBe(1);
  });

  it('are left out where Kafka refuses them or no topic has such a name, and told of once', async () => {
    refused.add('t.due.task.a_b');
    for (let time = 0; time < 2; time += 1)
      expect(await topics.made(['a_b', 'b', 'send mail'])).toEqual(['b']);
    expect(warnings).toEqual([
      expect.stringContaining('send mail: no executor has such a code: let its runner register it by'),
      'a_b: topic t.due.task.a_b: collides',
    ]);
  });

  it('that were refused are asked for again after a while, and told of anew if it happens anew', async () => {
    refused.add('t.due.task.a');
    await topics.made(['a', 'b']);
    const before = asked;
    vi.advanceTimersByTime(29_000);
    expect([await topics.hasMore(), asked]).toEqual([false, before]);
    vi.advanceTimersByTime(2_000);
    expect(await topics.hasMore()).toBe(false);
    expect(asked).toBeGreaterThan(before);
    refused.clear();
    vi.advanceTimersByTime(31_000);
    expect(await topics.hasMore()).toBe(true);
    expect(await topics.made(['a', 'b'])).toEqual(['a', 'b']);
    expect(await topics.hasMore()).toBe(false);
    expect(warnings).toHaveLength(1);
    refused.add('t.due.task.a');
    await topics.made(['a']);
    expect(warnings).toHaveLength(2);
  });

  it('tell of a broker that is away where they are needed, not where they are looked after', async () => {
    refused.add('t.due.task.a');
    await topics.made(['a', 'b']);
    failure = new Error('no broker');
    vi.advanceTimersByTime(31_000);
    expect(await topics.hasMore()).toBe(false);
    await expect(topics.made(['b'])).rejects.toThrow('no broker');
  });
});

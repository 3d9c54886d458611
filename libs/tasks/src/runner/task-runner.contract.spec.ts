import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { topicsOf } from '#contract';
import { KafkaAdmin, settlesWithin } from '#kafka';
import { TopicTail } from '../../../../test/harness/topic-tail.js';
import { eventually } from '../../../../test/harness/wait.js';
import { MemoryTimers } from '../spec-dsl.js';
import { parseReport, runnersTopicOf } from '../wire.js';
import { TaskRunner } from './task-runner.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
/** Far above what it takes, and below what a process is given. */
const stopMaxMs = 10_000;

describe('a runner that is stopped while it starts', () => {
  let topicPrefix: string;
  const runner = () => new TaskRunner({ kafka, topicPrefix, timers: new MemoryTimers() });
  beforeEach(() => {
    topicPrefix = `r${randomUUID().slice(0, 8)}`;
  });
  afterEach(() => vi.restoreAllMocks());

  it('does not wait for a group that it cannot join', async () => {
    // answers to claims are not there, so whoever reads them never joins
    vi.spyOn(KafkaAdmin.prototype, 'topicOffsets').mockResolvedValue([{ partition: 0, low: 0n, high: 0n }]);
    const one = runner();
    const started = one.start();
    await eventually('it goes on to join', () => vi.mocked(KafkaAdmin.prototype.topicOffsets).mock.calls[0]);
    expect(await settlesWithin(stopMaxMs, Promise.all([one.stop(), started]))).toBe(true);
  });

  it('tells nobody of itself', async () => {
    const reports = runnersTopicOf(topicPrefix);
    const topics = [topicsOf(topicPrefix).replies, reports].map((topic) => ({ topic, partitions: 1 }));
    await new KafkaAdmin(kafka).ensureTopics(topics);
    const tail = await TopicTail.open(kafka, reports);
    const [stopped, next] = [runner(), runner()];
    try {
      const started = stopped.start();
      stopped.registerExecutor('work', () => undefined);
      expect(await settlesWithin(stopMaxMs, Promise.all([stopped.stop(), started]))).toBe(true);
      await next.start();
      await eventually('the next one tells', () => tail.records.length > 0);
      expect(parseReport(tail.records[0]?.value ?? null)).toMatchObject({ runner: next.name });
    } finally {
      await next.stop();
      await tail.close();
    }
  });
});

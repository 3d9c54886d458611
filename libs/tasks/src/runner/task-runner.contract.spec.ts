import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { AesGcmCipher, sealFields, type TimerRecord, topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin, replyHeaders, settlesWithin } from '#kafka';
import { TopicTail } from '../../../../test/harness/topic-tail.js';
import { eventually } from '../../../../test/harness/wait.js';
import { hookClassOf } from '../model/task-record.js';
import { MemoryTimers } from '../spec-dsl.js';
import { claimCorrelation, claimKey, parseReport, runnersTopicOf } from '../wire.js';
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

describe('a runner with a cipher', () => {
  const { accepted } = JSON.parse(
    readFileSync(new URL('../../../contract/samples/replies.json', import.meta.url), 'utf8'),
  ) as { accepted: { timer: TimerRecord } };
  const cipherOf = (id: string) =>
    new AesGcmCipher({ keys: { [id]: new Uint8Array(32).fill(1) }, current: id });
  const [known, unknown] = [cipherOf('k1'), cipherOf('k2')];

  it('reads the tasks that were sealed, and hands back what it has no key for', async () => {
    const topicPrefix = `r${randomUUID().slice(0, 8)}`;
    const { replies } = topicsOf(topicPrefix);
    await new KafkaAdmin(kafka).ensureTopics([{ topic: replies, partitions: 1 }]);
    const answered = () => vi.fn().mockResolvedValue(accepted.timer);
    const timers = {
      heartbeatEvent: answered(),
      closeTimerEvent: answered(),
      retryEvent: answered(),
    };
    const runner = new TaskRunner({ kafka, topicPrefix, timers, cipher: known, lateClaimsMs: 0 });
    const producer = new BatchProducer(kafka);
    /** That it has a task, as the scheduler tells it. */
    const claim = async (key: string, cipher: AesGcmCipher) => {
      const eventId = randomUUID();
      const timer = {
        ...accepted.timer,
        ...{ key, hookClass: hookClassOf('work'), status: 'open', eventStatus: 'TRIGGER' },
        ...{ eventId, attempt: 1, claimed: true, worker: runner.name },
        data: JSON.stringify({ context: 'hush', options: {} }),
      };
      const value = JSON.stringify({ ok: true, timer: await sealFields(timer, cipher) });
      expect(value).not.toContain('hush');
      const headers = replyHeaders(replies, 0, claimCorrelation(runner.name, claimKey(eventId, 1)));
      await producer.send([{ topic: replies, partition: 0, key: null, value, headers }]);
    };
    const contexts: unknown[] = [];
    runner.registerExecutor('work', ({ context }) => void contexts.push(context));
    try {
      await runner.start();
      await claim('strange', unknown);
      await claim('own', known);
      await eventually('both are answered', () =>
        [timers.closeTimerEvent, timers.retryEvent].every(({ mock }) => mock.calls.length > 0),
      );
      expect(contexts).toEqual(['hush']);
      expect(timers.closeTimerEvent.mock.calls[0]?.[0]).toMatchObject({ key: 'own' });
      expect(timers.retryEvent.mock.calls[0]).toMatchObject([
        { key: 'strange' },
        { handBack: true, error: expect.stringContaining('the key k2') },
      ]);
    } finally {
      await runner.stop();
      await producer.stop();
    }
  });
});

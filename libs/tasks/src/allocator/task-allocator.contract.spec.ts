import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { type CommandWire, topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin, type KafkaSettings } from '#kafka';
import { TopicTail } from '../../../../test/harness/topic-tail.js';
import { eventually } from '../../../../test/harness/wait.js';
import { hookClassOf } from '../model/task-record.js';
import { type RunnerReport, runnersTopicOf } from '../wire.js';
import { alone, TaskAllocator } from './task-allocator.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { due: sample } = JSON.parse(
  readFileSync(new URL('../../../contract/samples/due-records.json', import.meta.url), 'utf8'),
) as { due: { value: string; headers: Record<string, string> } };

const report = (runner: string): RunnerReport => ({
  runner,
  executors: ['work'],
  labels: {},
  resource: { cpu: 1, memory: 1 },
  parallelism: 8,
  capacity: 100,
  held: 0,
  heard: [],
});

it('an allocator that begins gives to every runner that told of itself a moment ago, not to the one that tells first', async () => {
  const kafka: KafkaSettings = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const topicPrefix = `a${randomUUID().slice(0, 8)}`;
  const topics = topicsOf(topicPrefix);
  const due = topics.due(hookClassOf('work'));
  const reports = runnersTopicOf(topicPrefix);
  const partitions = 1;
  await new KafkaAdmin(kafka).ensureTopics(
    [topics.commands, topics.replies, due, reports].map((topic) => ({ topic, partitions })),
  );
  const producer = new BatchProducer(kafka);
  const tell = (runner: string) =>
    producer.send([{ topic: reports, key: runner, value: JSON.stringify(report(runner)) }]);
  const claims = await TopicTail.open(kafka, topics.commands);
  const offers = Array.from({ length: 8 }, (_, n) => {
    const event = JSON.parse(sample.value) as { timer: object };
    const timer = { ...event.timer, key: `t${n}`, hookClass: hookClassOf('work') };
    const value = JSON.stringify({ ...event, eventId: randomUUID(), timer });
    return { topic: due, key: `tasks/t${n}`, value, headers: sample.headers };
  });
  await producer.send(offers);
  await Promise.all(['often', 'seldom'].map(tell));
  const telling = [setInterval(() => void tell('often'), 20), setInterval(() => void tell('seldom'), 700)];
  const allocator = new TaskAllocator({ kafka, lock: alone, topicPrefix, partitions });
  await allocator.start();
  try {
    const claimed = () =>
      claims.records.map(({ value }) => JSON.parse(String(value)) as CommandWire & { worker?: string });
    await eventually('all are given', () => claimed().length >= offers.length, 40_000);
    const first = claimed().slice(0, offers.length);
    expect(first.map(({ worker }) => worker).toSorted()).toEqual(
      ['often', 'seldom'].flatMap((runner) => Array(4).fill(runner)),
    );
  } finally {
    for (const timer of telling) clearInterval(timer);
    await allocator.stop();
    await claims.close();
    await producer.stop();
  }
});

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type CommandWire, type Topics, topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin, type KafkaSettings } from '#kafka';
import { TopicTail } from '../../../test/harness/topic-tail.js';
import { eventually } from '../../../test/harness/wait.js';
import { type Hook, type HookHandler, type Hooks, HookWorker, type HookWorkerOptions } from './index.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const { due: sample } = JSON.parse(
  readFileSync(new URL('../../contract/samples/due-records.json', import.meta.url), 'utf8'),
) as { due: { value: string; headers: Record<string, string> } };

/** Of the topic here: less than a command may have. */
const commandsBytesMax = 64 * 1024;

/** A due event of a timer of its own. */
const dueRecord = (topic: string, key: string) => {
  const event = JSON.parse(sample.value) as { eventId: string; timer: object };
  const value = JSON.stringify({
    ...event,
    eventId: randomUUID(),
    timer: { ...event.timer, id: randomUUID(), key },
  });
  return { topic, key: `default/${key}`, value, headers: sample.headers };
};

describe('a hook worker', () => {
  const closers: (() => Promise<unknown>)[] = [];
  let kafka: KafkaSettings;
  let topicPrefix: string;
  let topics: Topics;
  let admin: KafkaAdmin;
  let producer: BatchProducer;
  let answers: () => { type: string; key: string; summaryData: string | undefined }[];

  beforeEach(async () => {
    kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log: quiet };
    topicPrefix = `h${randomUUID().slice(0, 8)}`;
    topics = topicsOf(topicPrefix);
    admin = new KafkaAdmin(kafka);
    const config = { 'max.message.bytes': String(commandsBytesMax) };
    await admin.ensureTopics([{ topic: topics.commands, partitions: 4, config }]);
    producer = new BatchProducer(kafka);
    const tail = await TopicTail.open(kafka, topics.commands);
    closers.push(
      () => producer.stop(),
      () => tail.close(),
    );
    answers = () =>
      tail.records
        .map(({ value }) => JSON.parse(value?.toString() ?? 'null') as CommandWire & { summaryData?: string })
        // on a slow machine a handler is kept alive for longer than it needs
        .filter(({ type }) => type !== 'HeartbeatEvent')
        .map(({ type, key = '', summaryData }) => ({ type, key, summaryData }));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const begin = async (
    hooks: Hooks,
    options: Pick<HookWorkerOptions, 'stopWaitMs' | 'parallelism' | 'partitions'> = {},
  ): Promise<HookWorker> => {
    const groupId = `${topicPrefix}-hooks`;
    const worker = new HookWorker({ kafka, topicPrefix, hooks, groupId, partitions: 4, ...options });
    closers.push(() => worker.stop());
    await worker.start();
    return worker;
  };
  const answered = (count: number) =>
    eventually(`${count} answers`, () => answers().length >= count && answers(), 40_000);

  /** A worker with room for one handler, which is that of `slow` and ends when the spec says so. */
  const oneThatRuns = async (options: Pick<HookWorkerOptions, 'partitions'> = {}) => {
    const [slow, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const greet: HookHandler = ({ timer }) => {
      if (timer.key !== 'slow') return { summaryData: 'first' };
      begun.resolve();
      return slow.promise;
    };
    const first = await begin({ greet }, { ...options, parallelism: 1 });
    await producer.send([dueRecord(topics.due('greet'), 'slow')]);
    await begun.promise;
    return { first, slow };
  };

  it('makes a hook at the first event of its class, starts it before and stops it once', async () => {
    const steps: string[] = [];
    const create = (hookClass: string): Hook => ({
      start: async () => void steps.push(`start ${hookClass}`),
      handle: ({ timer }) => {
        steps.push(`handle ${timer.key}`);
        return { summaryData: timer.key };
      },
      stop: async () => void steps.push(`stop ${hookClass}`),
    });
    const worker = await begin({ greet: { create }, never: { create } });
    expect(steps).toEqual([]);
    await producer.send([dueRecord(topics.due('greet'), 'a')]);
    expect(await answered(1)).toEqual([{ type: 'CloseEvent', key: 'a', summaryData: 'a' }]);
    await producer.send([dueRecord(topics.due('greet'), 'b')]);
    await answered(2);
    await worker.stop();
    await worker.stop();
    expect(steps).toEqual(['start greet', 'handle a', 'handle b', 'stop greet']);
  });

  it('gives its partitions away in the moment it stops, finishes what runs, and leaves the rest to the others', async () => {
    const { first, slow } = await oneThatRuns();
    await producer.send(['waits', 'waits too'].map((key) => dueRecord(topics.due('greet'), key)));
    await eventually('it has read them', () => first.unfinished === 3);
    const stopped = first.stop();
    // while it still runs
    await eventually('it has left', async () => (await admin.groupState(`${topicPrefix}-hooks`)) === 'empty');
    await begin({ greet: () => ({ summaryData: 'second' }) });
    await answered(2);
    slow.resolve();
    await stopped;
    await answered(3);
    expect(answers().map(({ key, summaryData }) => [key, summaryData])).toEqual([
      ['waits', 'second'],
      ['waits too', 'second'],
      ['slow', undefined],
    ]);
  });

  it('passes over nothing that waits, though shares were dealt out anew while it waited', async () => {
    const onePartition = { partitions: 1 };
    const { first, slow } = await oneThatRuns(onePartition);
    const send = (key: string) => producer.send([dueRecord(topics.due('greet'), key)]);
    await send('waits');
    await eventually('it has read them', () => first.unfinished === 2);
    await begin({ greet: () => ({ summaryData: 'second' }) }, onePartition);
    // the only partition stays where it is, and is read again: what comes behind has been read when that has
    await send('comes after');
    await eventually('it has read on', () => first.unfinished === 3);
    const stopped = first.stop();
    await answered(2);
    slow.resolve();
    await stopped;
    await answered(3);
    expect(answers().map(({ key, summaryData }) => [key, summaryData])).toEqual([
      ['waits', 'second'],
      ['comes after', 'second'],
      ['slow', undefined],
    ]);
  });

  it('hands back what runs for longer than it waits', async () => {
    const first = await begin({ greet: () => new Promise(() => undefined) }, { stopWaitMs: 0 });
    await producer.send([dueRecord(topics.due('greet'), 'slow')]);
    await eventually('it runs', () => first.unfinished === 1);
    await first.stop();
    expect(await answered(1)).toMatchObject([{ type: 'RetryEvent', key: 'slow' }]);
    const handled: string[] = [];
    await begin({ greet: ({ timer }) => void handled.push(timer.key) });
    await producer.send([dueRecord(topics.due('greet'), 'next')]);
    await answered(2);
    expect(handled).toEqual(['next']);
  });

  it('does not go back for an answer that could not be sent once the deadline of its event has passed', async () => {
    const passed: string[] = [];
    const info = (_: object, message: string): void => void passed.push(message);
    kafka = { ...kafka, log: { ...quiet, info } };
    // an answer as it should be, and more than its topic takes
    const result = 'x'.repeat(2 * commandsBytesMax);
    const first = await begin({ greet: ({ timer }) => (timer.key === 'huge' ? { result } : undefined) });
    const huge = dueRecord(topics.due('greet'), 'huge');
    const value = JSON.stringify({ ...JSON.parse(huge.value), ackTimeoutMs: 500 });
    await producer.send([{ ...huge, value }, dueRecord(topics.due('greet'), 'small')]);
    await answered(1);
    await eventually(
      'the deadline',
      () => passed.some((message) => message.startsWith('passed over')),
      40_000,
    );
    await first.stop();
    const handled: string[] = [];
    await begin({ greet: ({ timer }) => void handled.push(timer.key) });
    await producer.send([dueRecord(topics.due('greet'), 'next')]);
    await answered(2);
    expect(handled).toEqual(['next']);
  });
});

it('a hook worker that is stopped while it starts leaves nothing behind', async () => {
  const kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log: quiet };
  const left = () =>
    process.getActiveResourcesInfo().filter((of) => of === 'Timeout' || of === 'TCPSocketWrap').length;
  const before = left();
  const worker = new HookWorker({
    kafka,
    topicPrefix: `h${randomUUID().slice(0, 8)}`,
    hooks: { greet: () => undefined },
  });
  const started = worker.start();
  await worker.stop();
  await started;
  await eventually('its timers and sockets are gone', () => left() <= before, 20_000);
});

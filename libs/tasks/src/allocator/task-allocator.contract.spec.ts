import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { AesGcmCipher, type CommandWire, type DataCipher, sealFields, topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin, type KafkaSettings, settlesWithin, sleep } from '#kafka';
import { TopicTail } from '../../../../test/harness/topic-tail.js';
import { eventually } from '../../../../test/harness/wait.js';
import { hookClassOf } from '../model/task-record.js';
import { type RunnerReport, runnersTopicOf } from '../wire.js';
import { Allocation } from './allocation.js';
import { alone, TaskAllocator, type TaskAllocatorOptions } from './task-allocator.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { due: sample } = JSON.parse(
  readFileSync(new URL('../../../contract/samples/due-records.json', import.meta.url), 'utf8'),
) as { due: { value: string; headers: Record<string, string> } };

/** Far above what it takes, and below what a process is given. */
const stopMaxMs = 10_000;

const report = (runner: string, more: Partial<RunnerReport> = {}): RunnerReport => ({
  runner,
  executors: ['work'],
  labels: {},
  resource: { cpu: 1, memory: 1 },
  parallelism: 8,
  capacity: 100,
  held: 0,
  heard: [],
  ...more,
});

describe('an allocator', () => {
  const kafka: KafkaSettings = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const closers: (() => Promise<unknown>)[] = [];
  let topicPrefix: string;
  let producer: BatchProducer;
  let claims: TopicTail;
  beforeEach(async () => {
    topicPrefix = `a${randomUUID().slice(0, 8)}`;
    const topics = topicsOf(topicPrefix);
    const dues = ['work', 'more'].map(dueTopic);
    const all = [topics.commands, topics.replies, ...dues, runnersTopicOf(topicPrefix)];
    await new KafkaAdmin(kafka).ensureTopics(all.map((topic) => ({ topic, partitions: 1 })));
    producer = new BatchProducer(kafka);
    claims = await TopicTail.open(kafka, topics.commands);
    closers.push(
      () => producer.stop(),
      () => claims.close(),
    );
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const dueTopic = (executor: string) => topicsOf(topicPrefix).due(hookClassOf(executor));
  const begin = async (more: Partial<TaskAllocatorOptions> = {}): Promise<TaskAllocator> => {
    const allocator = new TaskAllocator({ kafka, lock: alone, topicPrefix, partitions: 1, ...more });
    closers.push(() => allocator.stop());
    await allocator.start();
    return allocator;
  };
  const offer = async (
    keys: readonly string[],
    executor = 'work',
    options: unknown = {},
    cipher?: AesGcmCipher,
  ) => {
    const event = JSON.parse(sample.value) as { timer: object };
    const carried = { data: JSON.stringify({ context: '', options }) };
    const written = cipher === undefined ? carried : await sealFields(carried, cipher);
    await producer.send(
      keys.map((key) => {
        const timer = { ...event.timer, key, hookClass: hookClassOf(executor), ...written };
        const value = JSON.stringify({ ...event, eventId: randomUUID(), timer });
        return { topic: dueTopic(executor), key: `tasks/${key}`, value, headers: sample.headers };
      }),
    );
  };
  const tell = (runner: string, more: Partial<RunnerReport> = {}) =>
    producer.send([
      { topic: runnersTopicOf(topicPrefix), key: runner, value: JSON.stringify(report(runner, more)) },
    ]);
  /** Again and again, as runners do, until the spec ends. */
  const tellOften = async (runner: string, more: Partial<RunnerReport> = {}, everyMs = 500) => {
    await tell(runner, more);
    const telling = setInterval(() => void tell(runner, more), everyMs);
    closers.push(async () => clearInterval(telling));
    return () => clearInterval(telling);
  };
  const claimed = () =>
    claims.records.map(({ value }) => JSON.parse(String(value)) as CommandWire & { worker?: string });
  const isClaimed = (...keys: readonly string[]) =>
    eventually(
      `claims of ${keys}`,
      () => {
        const those = claimed().map(({ key }) => key);
        return keys.every((key) => those.includes(key));
      },
      40_000,
    );

  it('that begins gives to every runner that told of itself a moment ago, not to the one that tells first', async () => {
    const keys = Array.from({ length: 8 }, (_, n) => `t${n}`);
    await offer(keys);
    await Promise.all([tellOften('often', {}, 20), tellOften('seldom', {}, 700)]);
    await begin();
    await isClaimed(...keys);
    const first = claimed().slice(0, keys.length);
    expect(first.map(({ worker }) => worker).toSorted()).toEqual(
      ['often', 'seldom'].flatMap((runner) => Array(4).fill(runner)),
    );
  });

  it('gives to executors that have a topic though Kafka makes none of another', async () => {
    // Kafka takes the names of topics that differ in `.` and `_` alone for the same
    await new KafkaAdmin(kafka).ensureTopics([{ topic: dueTopic('mo.re'), partitions: 1 }]);
    await tellOften('odd', { executors: ['send mail', 'mo_re'], capacity: 0 });
    await tellOften('plain');
    await begin();
    await offer(['a']);
    await isClaimed('a');
  });

  it('gives what comes behind tasks whose options make no sense', async () => {
    await offer(['number'], 'work', { labels: { gpu: 1 } });
    await offer(['nothing'], 'work', { labels: null, resource: null });
    await offer(['behind']);
    await tellOften('plain', { labels: { gpu: ['1'] } });
    await begin();
    await isClaimed('number', 'nothing', 'behind');
  });

  it('reads what a sealed task asks for, and goes on behind one that it cannot open', async () => {
    const cipherOf = (id: string) =>
      new AesGcmCipher({ keys: { [id]: new Uint8Array(32).fill(1) }, current: id });
    const [known, unknown] = [cipherOf('k1'), cipherOf('k2')];
    await offer(['strange'], 'work', {}, unknown);
    await offer(['a', 'b', 'c', 'd'], 'work', { labels: { gpu: 'yes' } }, known);
    await Promise.all([tellOften('plain'), tellOften('able', { labels: { gpu: ['yes'] } })]);
    await begin({ cipher: known });
    await isClaimed('a', 'b', 'c', 'd');
    expect(new Set(claimed().map(({ worker }) => worker))).toEqual(new Set(['able']));
  });

  it('opens a page at a time of a backlog, however long its cipher takes', async () => {
    const known = new AesGcmCipher({ keys: { k: new Uint8Array(32).fill(1) }, current: 'k' });
    const keys = Array.from({ length: 30 }, (_, n) => `t${n}`);
    // a page has room for seven of these, sealed
    for (const key of keys)
      await offer([key], 'work', { padding: randomBytes(50_000).toString('hex') }, known);
    let [opening, openingMax] = [0, 0];
    const slow: DataCipher = {
      seal: (plain) => known.seal(plain),
      open: async (sealed) => {
        opening += 1;
        openingMax = Math.max(openingMax, opening);
        await sleep(500);
        opening -= 1;
        return known.open(sealed);
      },
    };
    await tellOften('plain');
    await begin({ cipher: slow });
    await isClaimed(...keys);
    expect(openingMax).toBeGreaterThan(1);
    expect(openingMax).toBeLessThan(10);
  });

  it('goes on behind a task that it cannot take, and the next one does not meet it', async () => {
    const met: string[] = [];
    const offered = vi.spyOn(Allocation.prototype, 'offer').mockImplementation(({ timerKey }) => {
      met.push(timerKey);
      if (timerKey === 'broken') throw new Error('cannot be taken');
    });
    closers.push(async () => offered.mockRestore());
    const times = (key: string) => met.filter((one) => one === key).length;
    await tellOften('plain');
    const first = await begin();
    await offer(['broken', 'behind']);
    await eventually('what is behind it is met', () => times('behind') === 1, 40_000);
    await first.stop();
    await begin();
    await eventually('the next one meets what waits', () => times('behind') === 2, 40_000);
    expect(times('broken')).toBe(1);
  });

  it('passes over nothing that waits for room, though another executor came while it waited', async () => {
    const waiting = ['a', 'b', 'c'];
    await offer(waiting, 'work', { labels: { room: 'none' } });
    const shut = await tellOften('full', { capacity: 0, labels: { room: ['none'] } });
    const first = await begin();
    await tellOften('free');
    await offer(['before']);
    await isClaimed('before');
    // from here on it reads anew
    await offer(['of another'], 'more');
    await tellOften('other', { executors: ['more'] });
    await isClaimed('of another');
    // comes behind those that wait: they have been read again when this one has
    await offer(['behind']);
    await isClaimed('behind');
    await first.stop();
    shut();
    await tellOften('full', { labels: { room: ['none'] } });
    await begin();
    await isClaimed(...waiting);
  });

  describe('that cannot join a group, since what it reads is not there,', () => {
    /** Nothing is made from here on. */
    const makingOf = (topic: string) => {
      const ensured = vi.spyOn(KafkaAdmin.prototype, 'ensureTopics').mockResolvedValue();
      closers.push(async () => ensured.mockRestore());
      return () =>
        eventually('it goes on to join', () => ensured.mock.calls.flat(2).some((of) => of.topic === topic));
    };

    it('stops while it waits for reports', async () => {
      topicPrefix += '-silent';
      await new KafkaAdmin(kafka).ensureTopics([{ topic: topicsOf(topicPrefix).replies, partitions: 1 }]);
      const joins = makingOf(runnersTopicOf(topicPrefix));
      const allocator = await begin();
      await joins();
      expect(await settlesWithin(stopMaxMs, allocator.stop())).toBe(true);
    });

    it('stops while it waits for tasks', async () => {
      const joins = makingOf(dueTopic('absent'));
      await tellOften('strange', { executors: ['absent'] });
      const allocator = await begin();
      await joins();
      expect(await settlesWithin(stopMaxMs, allocator.stop())).toBe(true);
    });
  });
});

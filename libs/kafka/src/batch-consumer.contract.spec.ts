import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { EmbeddedKafka, freePort } from '#embedded';
import {
  BatchConsumer,
  type BatchConsumerOptions,
  BatchProducer,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  type OffsetOutOfRange,
  partitionKey,
} from '#kafka';
import { eventually } from '../../../test/harness/wait.js';

const told: string[] = [];
const tell = ({ error }: { error?: string }, message: string) => void told.push(error ?? message);
const log = { debug: () => undefined, info: tell, warn: tell, error: tell };
const text = ({ value }: InRecord) => value?.toString() ?? '';

/** Resolves when the condition holds; asked whenever `changed` is called. */
class Signal {
  #waiting: { holds: () => boolean; go: () => void }[] = [];
  changed(): void {
    for (const { holds, go } of this.#waiting) if (holds()) go();
  }
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ holds, go }));
  }
}

describe('BatchConsumer', () => {
  let kafka: KafkaSettings;
  let topic: string;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(() => {
    kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    told.length = 0;
  });

  async function produce(values: readonly string[], settings = kafka): Promise<void> {
    const producer = new BatchProducer(settings);
    await producer.send(values.map((value, i) => ({ topic, partition: i % 4, key: null, value })));
    await producer.stop();
  }
  async function freshTopic(settings = kafka): Promise<void> {
    topic = `spec-${randomUUID()}`;
    await new KafkaAdmin(settings).ensureTopics([{ topic, partitions: 4 }]);
  }
  async function joined(
    options: Omit<BatchConsumerOptions, 'groupId' | 'topics'>,
    groupId: string,
    settings = kafka,
  ) {
    const consumer = new BatchConsumer(settings, { groupId, topics: [topic], ...options });
    closers.push(() => consumer.stop());
    await consumer.start();
    return consumer;
  }

  // who gathers a turn (the scheduler does) gets a read whole
  it('hands over what one read brings of all partitions in one turn of the event loop', async () => {
    await freshTopic();
    await produce(['a0', 'a1', 'a2', 'a3']);
    const together: number[] = [];
    const turnEnded = new Promise<void>((resolve) => {
      const onRecords: BatchConsumerOptions['onRecords'] = async (_topic, partition) => {
        if (together.push(partition) === 1) setImmediate(resolve);
      };
      const startFrom: BatchConsumerOptions['startFrom'] = async (partitions) =>
        new Map(partitions.map((at) => [partitionKey(at), 0n]));
      void joined({ startFrom, onRecords }, `g-${randomUUID()}`);
    });
    await turnEnded;
    expect(together.toSorted()).toEqual([0, 1, 2, 3]);
  });

  it('starts each partition where it is told, whatever the group had committed', async () => {
    await freshTopic();
    await produce(['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3']);
    const [seen, signal] = [[] as string[], new Signal()];
    await joined(
      {
        startFrom: async (partitions) =>
          new Map(partitions.map((at) => [partitionKey(at), at.partition === 0 ? 1n : ('latest' as const)])),
        onRecords: (_topic, _partition, records) => {
          seen.push(...records.map(text));
          signal.changed();
        },
      },
      randomUUID(),
    );
    await signal.until(() => seen.length >= 1);
    await produce(['c0', 'c1', 'c2', 'c3']);
    await signal.until(() => seen.length >= 5);
    expect(seen.toSorted()).toEqual(['b0', 'c0', 'c1', 'c2', 'c3']);
  });

  it('hands on nothing that was fetched before a seek as if it followed it', async () => {
    await freshTopic();
    const values = Array.from({ length: 400 }, (_, i) => String(i));
    await produce(values);
    const [signal, next] = [new Signal(), new Map<number, bigint>()];
    const gaps: string[] = [];
    let sought = 0;
    const consumer = await joined(
      {
        startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 0n])),
        onRecords: (_topic, partition, records, isCurrent) => {
          if (!isCurrent()) return;
          const [first, last] = [records[0]?.offset ?? 0n, records.at(-1)?.offset ?? 0n];
          const expected = next.get(partition) ?? 0n;
          if (first !== expected) gaps.push(`${partition}: ${first} after ${expected}`);
          next.set(partition, last + 1n);
          if (partition === 0 && sought < 3) {
            sought += 1;
            next.set(0, 0n);
            consumer.seek(topic, 0, 0n);
          }
          signal.changed();
        },
      },
      randomUUID(),
    );
    await signal.until(() => [0, 1, 2, 3].every((partition) => next.get(partition) === 100n));
    expect(gaps).toEqual([]);
    expect(sought).toBe(3);
  });

  it('is given partitions that its topic gets, holds those that it is told to, and tells who has which', async () => {
    await freshTopic();
    const [seen, groupId, admin] = [[] as string[], randomUUID(), new KafkaAdmin(kafka)];
    let isHeld = true;
    const consumer = await joined(
      {
        startFrom: async (partitions) =>
          new Map(partitions.map((at) => [partitionKey(at), isHeld && at.partition >= 6 ? 'held' : 0n])),
        onRecords: (_topic, _partition, records) => void seen.push(...records.map(text)),
      },
      groupId,
    );
    const producer = new BatchProducer(kafka);
    closers.push(() => producer.stop());
    const sendToEach = (partitions: number) =>
      producer.send(
        Array.from({ length: partitions }, (_, partition) => ({
          topic,
          partition,
          key: null,
          value: `${partition}`,
        })),
      );
    await sendToEach(4);
    await admin.widenTopic(topic, 8);
    // the producer has not heard of them: it says so, and its next connection has
    await expect(sendToEach(8)).rejects.toThrow('is not known');
    await eventually('all partitions are written', () =>
      sendToEach(8).then(
        () => true,
        () => false,
      ),
    );
    await eventually('it reads two of the new ones', () => seen.includes('4') && seen.includes('5'));
    const owners = await admin.groupOwners(groupId, topic);
    expect([...owners.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(consumer.widthOf(topic)).toBe(8);
    expect(seen.filter((value) => value === '6' || value === '7')).toEqual([]);
    isHeld = false;
    consumer.reposition();
    await eventually('it reads the others', () => seen.includes('6') && seen.includes('7'));
    await consumer.stop();
    expect(await admin.groupOwners(groupId, topic)).toEqual(new Map());
  });

  it('shares the partitions among members, and gives all to the one that stays', async () => {
    await freshTopic();
    const groupId = randomUUID();
    const signal = new Signal();
    const onRecords = () => undefined;
    const onAssigned = () => signal.changed();
    const one = await joined({ onRecords, onAssigned }, groupId);
    const two = await joined({ onRecords, onAssigned }, groupId);
    await signal.until(() => one.assignment().length === 2 && two.assignment().length === 2);
    const all = [...one.assignment(), ...two.assignment()].map(({ partition }) => partition);
    expect(all.toSorted()).toEqual([0, 1, 2, 3]);
    const owners = await new KafkaAdmin(kafka).groupOwners(groupId, topic);
    expect([...owners.keys()].toSorted()).toEqual([0, 1, 2, 3]);
    for (const member of [one, two]) {
      const names = member.assignment().map(({ partition }) => owners.get(partition)?.memberId);
      expect(new Set(names).size).toBe(1);
    }
    expect(new Set([...owners.values()].map(({ memberId }) => memberId)).size).toBe(2);
    await two.stop();
    await signal.until(() => one.assignment().length === 4);
  });

  it('leaves in the moment it stops, also while a batch is handled, and moves nobody else’s partitions', async () => {
    await freshTopic();
    const [groupId, signal] = [randomUUID(), new Signal()];
    const onAssigned = () => signal.changed();
    const [begun, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const reading = () => {
      begun.resolve();
      return slow.promise;
    };
    const startFrom: BatchConsumerOptions['startFrom'] = async (partitions) =>
      new Map(partitions.map((at) => [partitionKey(at), 'earliest']));
    const leaving = await joined({ onRecords: reading, startFrom, onAssigned }, groupId);
    const staying = [
      await joined({ onRecords: () => undefined, onAssigned }, groupId),
      await joined({ onRecords: () => undefined, onAssigned }, groupId),
    ];
    const shares = () => staying.map((member) => member.assignment().map(({ partition }) => partition));
    const dealt = () => [leaving, ...staying].every((member) => member.assignment().length <= 2);
    await signal.until(
      () => dealt() && [leaving, ...staying].flatMap((member) => member.assignment()).length === 4,
    );
    const before = shares();
    await produce(['a0', 'a1', 'a2', 'a3']);
    await begun.promise;
    const stopped = leaving.stop();
    await signal.until(() => shares().flat().length === 4);
    for (const [index, share] of shares().entries())
      expect(share).toEqual(expect.arrayContaining(before[index] ?? []));
    slow.resolve();
    await stopped;
  });

  it('reads nothing from an offset that the topic does not hold, and says what to run', async () => {
    await freshTopic();
    await produce(['a0', 'a1', 'a2', 'a3']);
    const refused = Promise.withResolvers<OffsetOutOfRange>();
    const [seen, signal] = [[] as number[], new Signal()];
    await joined(
      {
        startFrom: async (partitions) =>
          new Map(partitions.map((at) => [partitionKey(at), at.partition === 2 ? 99n : 0n])),
        onRecords: (_topic, partition) => {
          seen.push(partition);
          signal.changed();
        },
        onOutOfRange: refused.resolve,
      },
      randomUUID(),
    );
    const error = await refused.promise;
    expect(error.message).toContain(`carillon offsets set ${topic} 2 1`);
    await signal.until(() => seen.length >= 3);
    expect(seen.toSorted()).toEqual([0, 1, 3]);
  });

  it('reads the others on while the records of one partition are not taken, and that one when they are', async () => {
    await freshTopic();
    await produce(['a0', 'a1', 'a2', 'a3']);
    const [seen, signal, room] = [[] as string[], new Signal(), Promise.withResolvers<void>()];
    await joined(
      {
        pausedAfterMs: 50,
        startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 0n])),
        onRecords: (_topic, partition, records) => {
          seen.push(...records.map(text));
          signal.changed();
          return partition === 0 ? room.promise : undefined;
        },
      },
      randomUUID(),
    );
    await signal.until(() => seen.length === 4);
    await produce(['b0', 'b1', 'b2', 'b3']);
    await signal.until(() => ['b1', 'b2', 'b3'].every((value) => seen.includes(value)));
    expect(seen).not.toContain('b0');
    room.resolve();
    await signal.until(() => seen.includes('b0'));
    expect(seen).toHaveLength(8);
  });

  it('passes over no records that are refused while their partition is paused', async () => {
    await freshTopic();
    await produce(['a0', 'a1', 'a2', 'a3']);
    const [seen, signal, refusal] = [[] as string[], new Signal(), Promise.withResolvers<void>()];
    let stored = 0n;
    const consumer = await joined(
      {
        pausedAfterMs: 50,
        startFrom: async (partitions) =>
          new Map(partitions.map((at) => [partitionKey(at), at.partition === 0 ? stored : 0n])),
        onRecords: (_topic, partition, records) => {
          seen.push(...records.map(text));
          signal.changed();
          if (partition !== 0) return undefined;
          if (seen.filter((value) => value === 'a0').length === 1) return refusal.promise;
          stored = (records.at(-1)?.offset ?? 0n) + 1n;
          return undefined;
        },
      },
      randomUUID(),
    );
    await signal.until(() => seen.length === 4);
    // the others are read on: it is paused
    await produce(['b0', 'b1', 'b2', 'b3']);
    await signal.until(() => ['b1', 'b2', 'b3'].every((value) => seen.includes(value)));
    expect(seen).not.toContain('b0');
    refusal.reject(new Error('no room at all'));
    await signal.until(() => seen.includes('b0'));
    expect(seen.filter((value) => ['a0', 'b0'].includes(value))).toEqual(['a0', 'a0', 'b0']);
    expect([consumer.restarts, told]).toEqual([1, expect.arrayContaining(['no room at all'])]);
  });

  it('asks where to begin when what it stands at is not there any more, and begins nowhere else', async () => {
    await freshTopic();
    await produce(['a0', 'a1', 'a2', 'a3']);
    const refused = Promise.withResolvers<OffsetOutOfRange>();
    const [seen, signal] = [[] as string[], new Signal()];
    let stored = 0n;
    const consumer = await joined(
      {
        startFrom: async (partitions) =>
          new Map(partitions.map((at) => [partitionKey(at), at.partition === 2 ? stored : 1n])),
        onRecords: (_topic, _partition, records) => {
          seen.push(...records.map(text));
          signal.changed();
        },
        onOutOfRange: refused.resolve,
      },
      randomUUID(),
    );
    await signal.until(() => seen.includes('a2'));
    stored = 99n;
    consumer.seek(topic, 2, 99n);
    expect((await refused.promise).message).toContain(`carillon offsets set ${topic} 2 1`);
    await produce(['b0', 'b1', 'b2', 'b3']);
    await signal.until(() => ['b0', 'b1', 'b3'].every((value) => seen.includes(value)));
    expect(seen.toSorted()).toEqual(['a2', 'b0', 'b1', 'b3']);
  });

  it('stays a member while a batch is handled for longer than the session', async () => {
    await freshTopic();
    await produce(['a0']);
    let assignments = 0;
    const slow = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await joined(
      {
        // brokers of other specs start beside this: not every heartbeat of one session is held up by them
        sessionTimeoutMs: 4_000,
        startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 0n])),
        onAssigned: () => {
          assignments += 1;
        },
        onRecords: () => {
          begun.resolve();
          return slow.promise;
        },
      },
      randomUUID(),
    );
    await begun.promise;
    // the broker's patience is what is tested: nothing signals that it did not run out
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    slow.resolve();
    expect(assignments).toBe(1);
  });

  describe('on a broker that freezes', () => {
    const dir = join(process.cwd(), '.carillon', `frozen-${process.pid}`);
    let broker: EmbeddedKafka;
    beforeAll(async () => {
      mkdirSync(dir, { recursive: true });
      broker = new EmbeddedKafka({
        homeDir: join(process.cwd(), '.carillon'),
        dataDir: join(dir, 'kafka'),
        port: await freePort(),
        controllerPort: await freePort(),
        note: () => undefined,
      });
      await broker.start();
    });
    afterAll(async () => {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    it('is made anew by its watchdog, and reads on when the broker wakes', async () => {
      const settings: KafkaSettings = { ...kafka, brokers: [broker.brokers] };
      await freshTopic(settings);
      await produce(['a0'], settings);
      const [seen, signal] = [[] as string[], new Signal()];
      const consumer = await joined(
        {
          stallMs: 2_000,
          // the one made anew has its partitions when the broker gives up on the one that could not say goodbye
          sessionTimeoutMs: 2_000,
          startFrom: async (partitions) =>
            new Map(partitions.map((at) => [partitionKey(at), BigInt(at.partition === 0 ? seen.length : 0)])),
          onRecords: (_topic, _partition, records) => {
            seen.push(...records.map(text));
            signal.changed();
          },
        },
        randomUUID(),
        settings,
      );
      await signal.until(() => seen.length === 1);
      const { pid } = broker;
      if (pid === null) throw new Error('the broker is not there');
      process.kill(pid, 'SIGSTOP');
      const lives = consumer.restarts;
      await eventually('it is made anew', () => consumer.restarts > lives, 60_000);
      expect(told).toContain('no fetch and no heartbeat for 2000 ms');
      process.kill(pid, 'SIGCONT');
      await produce(['b0'], settings);
      await signal.until(() => seen.length === 2);
      expect(seen).toEqual(['a0', 'b0']);
    });
  });
});

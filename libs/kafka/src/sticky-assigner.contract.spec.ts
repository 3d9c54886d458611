import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { BatchConsumer, BatchProducer, KafkaAdmin, type KafkaSettings } from '#kafka';
import { eventually } from '../../../test/harness/wait.js';
import { kafkaClient } from './client.js';
import { StickyAssigner } from './sticky-assigner.js';

const warned: object[] = [];
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (details: object) => void warned.push(details),
  error: () => undefined,
};

describe('a group whose members follow different topics', () => {
  let kafka: KafkaSettings;
  let groupId: string;
  let [both, added] = ['', ''];
  const closers: (() => Promise<void>)[] = [];
  beforeAll(() => {
    kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  });
  beforeEach(async () => {
    groupId = `spec-${randomUUID()}`;
    [both, added] = [`${groupId}-both`, `${groupId}-added`];
    await new KafkaAdmin(kafka).ensureTopics([both, added].map((topic) => ({ topic, partitions: 4 })));
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    warned.length = 0;
  });

  async function member(topics: readonly string[]) {
    const read: string[] = [];
    const consumer = new BatchConsumer(kafka, {
      groupId,
      topics,
      onRecords: (topic, partition) => void read.push(`${topic}/${partition}`),
    });
    closers.push(() => consumer.stop());
    await consumer.start();
    const has = (topic: string) =>
      consumer
        .assignment()
        .filter((at) => at.topic === topic)
        .map(({ partition }) => partition);
    return { read, has };
  }
  async function produceToEach(topic: string): Promise<void> {
    const producer = new BatchProducer(kafka);
    closers.push(() => producer.stop());
    await producer.send([0, 1, 2, 3].map((partition) => ({ topic, partition, key: null, value: 'x' })));
  }

  // as in a rolling deploy that adds a class of hooks: whoever came first leads
  it.each(['last', 'first'])('reads what one alone follows, when that one joins %s', async (joins) => {
    const first = joins === 'first' ? await member([both, added]) : null;
    const former = await member([both]);
    const more = first ?? (await member([both, added]));
    await eventually(
      'each has its share',
      () => former.has(both).length === 4 && more.has(added).length === 4,
    );
    expect(former.has(added)).toEqual([]);
    await Promise.all([both, added].map(produceToEach));
    await eventually('all are read', () => former.read.length + more.read.length === 8);
    expect(more.read.toSorted()).toEqual([0, 1, 2, 3].map((partition) => `${added}/${partition}`));
  });

  it('finds partitions that a topic of another than its leader gets', async () => {
    await member([both]);
    const other = await member([added]);
    await eventually('it has its share', () => other.has(added).length === 4);
    await new KafkaAdmin(kafka).widenTopic(added, 6);
    await eventually('it has the new ones', () => other.has(added).length === 6);
  });

  it('shares out the others when one cannot be described, and says which', async () => {
    await member([both]);
    const neverMade = `${groupId}-never-made`;
    const teller = new StickyAssigner(log);
    const { protocol } = teller;
    teller.protocol = ({ topics }) => protocol({ topics: [...topics, neverMade] });
    const consumer = kafkaClient(kafka).consumer({ groupId, partitionAssigners: [teller.of] });
    closers.push(() => consumer.disconnect());
    const dealt = new Promise((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberAssignment));
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [added] });
    await consumer.run({ eachMessage: async () => undefined });
    expect(await dealt).toEqual({ [added]: [0, 1, 2, 3] });
    expect(warned).toContainEqual(expect.objectContaining({ topic: neverMade }));
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../../../test/harness/wait.js';
import { KafkaAdmin } from './admin.js';
import { BatchProducer } from './batch-producer.js';
import { TopicRefused } from './topic-refused.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const name = `spec-${randomUUID().slice(0, 8)}`;
const small = `${name}-small`;

describe('sending together', () => {
  const settings = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const admin = new KafkaAdmin(settings);
  const producer = new BatchProducer(settings);
  const highOf = async (topic: string) => (await admin.topicOffsets(topic))[0]?.high;
  beforeAll(async () => {
    await admin.ensureTopics([
      { topic: name, partitions: 1 },
      { topic: small, partitions: 1, config: { 'max.message.bytes': '1000' } },
    ]);
    await producer.start();
  });
  afterAll(() => producer.stop());

  it.each([
    ['is not there', `${name}-absent`, 'x'],
    ['cannot be', 'no such topic / at all', 'x'],
    ['will not take so large a record', small, 'x'.repeat(2_000)],
  ])('sends what goes elsewhere when one topic %s', async (_, topic, value) => {
    const before = (await highOf(name)) ?? 0n;
    const [good, bad, better] = await Promise.allSettled([
      producer.send([{ topic: name, key: null, value: 'good' }]),
      producer.send([{ topic, key: null, value }]),
      producer.send([{ topic: name, key: null, value: 'better' }]),
    ]);
    expect([good?.status, better?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(bad).toMatchObject({ status: 'rejected', reason: { topic } });
    expect(bad?.status === 'rejected' && bad.reason).toBeInstanceOf(TopicRefused);
    expect(await highOf(name)).toBeGreaterThanOrEqual(before + 2n);
  });

  it('sends what goes elsewhere when one asks for partitions that are not there, and does not connect anew each time', async () => {
    const before = (await highOf(name)) ?? 0n;
    const reach = async () => {
      const [good, one, other, better] = await Promise.allSettled([
        producer.send([{ topic: name, key: null, value: 'good' }]),
        producer.send([{ topic: name, partition: 9_999, key: null, value: 'lost' }]),
        producer.send([{ topic: name, partition: 7, key: null, value: 'lost' }]),
        producer.send([{ topic: name, partition: 0, key: null, value: 'better' }]),
      ]);
      expect([good?.status, better?.status]).toEqual(['fulfilled', 'fulfilled']);
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { code: 'kafka/unknown-partition', partition: 9_999 },
      });
      expect(other).toMatchObject({
        status: 'rejected',
        reason: { code: 'kafka/unknown-partition', partition: 7 },
      });
    };
    await reach();
    const socketsOf = () => process.getActiveResourcesInfo().filter((of) => of === 'TCPSocketWrap').length;
    const sockets = socketsOf();
    for (let round = 0; round < 5; round += 1) await reach();
    expect(socketsOf()).toBe(sockets);
    expect(await highOf(name)).toBe(before + 12n);
  });

  it('finds that a topic was widened', async () => {
    const wide = `${name}-wide`;
    await admin.ensureTopics([{ topic: wide, partitions: 1 }]);
    const one = new BatchProducer(settings);
    await one.send([{ topic: wide, partition: 0, key: null, value: 'narrow' }]);
    await admin.widenTopic(wide, 2);
    const toSecond = () => one.send([{ topic: wide, partition: 1, key: null, value: 'wide' }]);
    await eventually(
      'its second partition is known',
      () =>
        toSecond().then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await one.stop();
  });

  it('stopped while it starts or before, leaves no connection behind', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((of) => of === 'TCPSocketWrap').length;
    const before = sockets();
    const one = new BatchProducer(settings);
    const started = one.start();
    await one.stop();
    await Promise.all([started, one.start()]);
    await eventually('its sockets are gone', () => sockets() <= before, 10_000);
  });

  it('lets records wait for others, until a send is full or the producer stops', async () => {
    const record = { topic: name, key: null, value: 'x' };
    const gathering = new BatchProducer(settings, { recordsPerSendMax: 3, sendEveryMs: 60_000 });
    await gathering.send([record]);
    let isAcknowledged = false;
    const alone = gathering.send([record]).then(() => {
      isAcknowledged = true;
    });
    await producer.send([record]);
    await producer.send([record]);
    expect(isAcknowledged).toBe(false);
    await Promise.all([alone, gathering.send([record, record])]);
    const last = gathering.send([record]);
    await Promise.all([last, gathering.stop()]);
  }, 10_000);

  it('sends what is handed over in whichever moment in which the sending before it ends', async () => {
    const record = { topic: name, key: null, value: 'x' };
    for (let moments = 0; moments < 16; moments += 1) {
      await producer.send([record]);
      for (let passed = 0; passed < moments; passed += 1) await undefined;
      await producer.send([record]);
    }
  }, 10_000);
});

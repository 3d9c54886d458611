import { randomUUID } from 'node:crypto';
import { expect, inject, it } from 'vitest';
import { topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin } from '#kafka';
import { GivenUpIndex } from './given-up-index.js';
import { defaultSettings } from './settings.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

it('whoever lists what was given up is told when the queue closes before all was read', async () => {
  const kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const topicPrefix = `g${randomUUID().slice(0, 8)}`;
  const { events } = topicsOf(topicPrefix);
  await new KafkaAdmin(kafka).ensureTopics([{ topic: events, partitions: 1 }]);
  const producer = new BatchProducer(kafka);
  await producer.send([{ topic: events, key: 'of another/one', value: null }]);
  await producer.stop();
  const index = new GivenUpIndex({ ...defaultSettings, kafka, topicPrefix });
  const listed = index.list();
  await Promise.all([index.stop(), expect(listed).rejects.toThrow('is not followed any more')]);
});

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { eventTypePrefix, topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin } from '#kafka';
import { GivenUpIndex } from './given-up-index.js';
import { defaultSettings } from './settings.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const { dead: sample } = JSON.parse(
  readFileSync(new URL('../../../contract/samples/due-records.json', import.meta.url), 'utf8'),
) as { dead: { key: string; value: string; headers: Record<string, string> } };
const version = Number(sample.headers.ce_timerversion);

it.each(['TimerDeleted', 'EventRedriven'])('does not list what the feed told of first: %s', async (type) => {
  const kafka = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const topicPrefix = `g${randomUUID().slice(0, 8)}`;
  const { events, dead } = topicsOf(topicPrefix);
  await new KafkaAdmin(kafka).ensureTopics([events, dead].map((topic) => ({ topic, partitions: 1 })));
  const producer = new BatchProducer(kafka);
  const index = new GivenUpIndex({ ...defaultSettings, namespace: 'default', kafka, topicPrefix });
  const over = { ...sample.headers, ce_type: `${eventTypePrefix}${type}`, ce_timerversion: `${version + 2}` };
  const another = { ...sample.headers, ce_timerid: randomUUID() };
  try {
    await producer.send([{ topic: events, key: sample.key, value: '{}', headers: over }]);
    expect(await index.list()).toEqual({ events: [], isComplete: true });
    await producer.send([
      { topic: dead, ...sample },
      { topic: dead, ...sample, headers: another },
    ]);
    const listed = await index.list();
    expect(listed.events).toHaveLength(1);
  } finally {
    await Promise.all([index.stop(), producer.stop()]);
  }
});

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

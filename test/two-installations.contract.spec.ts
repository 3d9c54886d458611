import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, expect, inject, it } from 'vitest';
import { topicsOf } from '#contract';
import { BatchProducer, KafkaAdmin, type KafkaSettings } from '#kafka';
import { CarillonConsumer } from '../libs/delays/src/carillon/consumer.js';
import { defaultSettings, hookClassOf } from '../libs/delays/src/carillon/settings.js';
import { carillonParts } from '../libs/expiry/src/parts.js';
import { eventually } from './harness/wait.js';

// Two installations on one Kafka, told apart by their prefix alone: whoever works for one hears all of its events.

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { due: sample } = JSON.parse(
  readFileSync(new URL('../libs/contract/samples/due-records.json', import.meta.url), 'utf8'),
) as { due: { value: string; headers: Record<string, string> } };
const partitions = 4;
const hookClass = hookClassOf('shop', 'greet');

type Worker = { start(): Promise<unknown>; stop(): Promise<unknown> };
type Work = (kafka: KafkaSettings, topicPrefix: string, onKey: (key: string) => void) => Worker;
const workers: [name: string, work: Work][] = [
  [
    'delays',
    (kafka, topicPrefix, onKey) => {
      const consumer = new CarillonConsumer({
        ...defaultSettings,
        kafka,
        topicPrefix,
        partitions,
        namespace: 'shop',
      });
      const run = async ({ id }: { readonly id: string }) => {
        onKey(id);
        return { kind: 'succeeded' as const };
      };
      return { start: () => consumer.start(run as never, ['greet']), stop: () => consumer.stop() };
    },
  ],
  [
    'expiry',
    (kafka, topicPrefix, onKey) =>
      carillonParts({ kafka, topicPrefix, partitions }, 'shop').worker(
        hookClass,
        ({ timer }) => void onKey(timer.key),
      ),
  ],
];

const running: Worker[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
});

it.each(workers)('share no events of %s, and leave none lying', async (_name, work) => {
  const kafka: KafkaSettings = { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log };
  const prefixes = [0, 1].map(() => `i${randomUUID().slice(0, 8)}`);
  const heard = new Map(prefixes.map((prefix) => [prefix, new Set<string>()]));
  const producer = new BatchProducer(kafka);
  running.push({ start: () => producer.start(), stop: () => producer.stop() });
  for (const prefix of prefixes) {
    const { commands, due } = topicsOf(prefix);
    await new KafkaAdmin(kafka).ensureTopics(
      [commands, due(hookClass)].map((topic) => ({ topic, partitions })),
    );
    const worker = work(kafka, prefix, (key) => heard.get(prefix)?.add(key));
    await worker.start();
    running.push(worker);
  }
  const keys = Array.from({ length: partitions }, (_, partition) => `k${partition}`);
  await producer.send(
    prefixes.flatMap((prefix) =>
      keys.map((key, partition) => {
        const event = JSON.parse(sample.value) as { timer: object };
        const timer = { ...event.timer, id: randomUUID(), key, hookClass };
        const value = JSON.stringify({ ...event, eventId: randomUUID(), timer });
        const topic = topicsOf(prefix).due(hookClass);
        return { topic, partition, key: `shop/${key}`, value, headers: sample.headers };
      }),
    ),
  );
  await eventually('each has heard all of its own', () =>
    [...heard.values()].every((some) => some.size >= keys.length),
  );
  for (const some of heard.values()) expect([...some].toSorted()).toEqual(keys);
});

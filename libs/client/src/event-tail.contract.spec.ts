import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicsOf } from '#contract';
import { EmbeddedKafka, freePort } from '#embedded';
import { BatchProducer, KafkaAdmin, type KafkaSettings } from '#kafka';
import { TcpProxy } from '../../../test/chaos/tcp-proxy.js';
import { eventually } from '../../../test/harness/wait.js';
import { EventTail, type TailedEvent } from './index.js';

/** A broker with two doors: one of them behind a proxy that can be shut, while feeding goes on by the other. */
describe('the tail of the change feed', () => {
  const dataDir = join(process.cwd(), '.carillon', `tail-${process.pid}`);
  const told: string[] = [];
  const tell = (_details: object, message: string) => void told.push(message);
  const log = { debug: () => undefined, info: tell, warn: tell, error: tell };
  const settings = (port: number): KafkaSettings => ({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'spec',
    log,
  });
  let broker: EmbeddedKafka;
  let proxy: TcpProxy;
  let direct: KafkaSettings;

  beforeAll(async () => {
    mkdirSync(dataDir, { recursive: true });
    const ports = await Promise.all(Array.from({ length: 4 }, () => freePort()));
    const [port = 0, controllerPort = 0, behindProxy = 0, proxyPort = 0] = ports;
    proxy = new TcpProxy(proxyPort, behindProxy);
    direct = settings(port);
    broker = new EmbeddedKafka({
      homeDir: join(process.cwd(), '.carillon'),
      dataDir,
      port,
      controllerPort,
      properties: {
        listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${behindProxy},CONTROLLER://127.0.0.1:${controllerPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${proxyPort}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
      },
      note: () => undefined,
    });
    await Promise.all([broker.start(), proxy.start()]);
  });
  afterAll(async () => {
    await proxy.stop();
    await broker.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('reads on where it was when its connection was lost: nothing is lost, each timer in order', async () => {
    const topicPrefix = `tail-${randomUUID()}`;
    const { events: topic } = topicsOf(topicPrefix);
    await new KafkaAdmin(direct).ensureTopics([{ topic, partitions: 4 }]);
    const producer = new BatchProducer(direct);
    const keys = Array.from({ length: 8 }, (_, n) => `n/k-${n}`);
    let version = 0;
    const publish = async (): Promise<void> => {
      version += 1;
      await producer.send(
        keys.map((key, n) => ({
          topic,
          partition: n % 4,
          key,
          value: JSON.stringify({ version }),
          headers: { ce_type: 'carillon.TimerUpdated' },
        })),
      );
    };
    const heard: TailedEvent[] = [];
    const tail = new EventTail({
      kafka: settings(proxy.port),
      topicPrefix,
      onEvent: (event) => heard.push(event),
    });
    // of before its time
    await publish();
    await tail.start({ timeoutMs: 30_000 });
    // lost before a single event came, and again in the middle of them
    for (const cut of [1, 2]) {
      const restarts = () => told.filter((message) => message === 'consumer will be made anew').length;
      const before = restarts();
      proxy.refuses = true;
      await publish();
      await eventually('the consumer gives up', () => restarts() > before, 40_000);
      await publish();
      proxy.refuses = false;
      await publish();
      await eventually('all of it', () => heard.length >= keys.length * 3 * cut, 40_000);
    }
    for (const key of keys)
      expect(heard.filter(({ recordKey }) => recordKey === key).map((event) => event.body().version)).toEqual(
        [2, 3, 4, 5, 6, 7],
      );
    expect(heard.every(({ type }) => type === 'TimerUpdated')).toBe(true);
    await tail.stop();
    await producer.stop();
  }, 120_000);
});

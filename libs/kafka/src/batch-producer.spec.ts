import type { Kafka, Message, ProducerBatch } from 'kafkajs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchProducer } from './batch-producer.js';
import { kafkaClient } from './client.js';
import { UnknownPartition } from './send-path.js';

// What happens on the wire is the contract spec's; here Kafka is away for as long as a test wants.
vi.mock('./client.js');

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const record = (value: string) => ({ topic: 't', key: null, value });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let connection: PromiseWithResolvers<void>;
let acknowledgement: PromiseWithResolvers<void>;
let sent: (string | Buffer | null)[][];
let width: number;
let producer: BatchProducer;

beforeEach(() => {
  [connection, acknowledgement, sent] = [Promise.withResolvers(), Promise.withResolvers(), []];
  width = Number.POSITIVE_INFINITY;
  const kafkajs = {
    connect: () => connection.promise,
    disconnect: async () => undefined,
    sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
      const messages = topicMessages.flatMap(({ messages: ofTopic }): Message[] => ofTopic);
      sent.push(messages.map(({ value }) => value));
      const wrong = messages.find(({ partition = 0 }) => partition >= width);
      if (wrong?.partition !== undefined) throw new UnknownPartition('t', wrong.partition, width);
      await acknowledgement.promise;
    },
  };
  vi.mocked(kafkaClient).mockReturnValue({ producer: () => kafkajs } as unknown as Kafka);
  producer = new BatchProducer({ brokers: [], clientId: 'spec', log }, { waitingBytesMax: 1_000 });
});

describe('through an outage', () => {
  it.each([
    ['cannot be connected to', 0],
    ['does not acknowledge', 1],
  ])('what is given up while Kafka %s is never sent, and what is waited for is', async (_how, underWay) => {
    const first = producer.send([record('first')]);
    if (underWay > 0) connection.resolve();
    await turn();
    const caller = new AbortController();
    const given = producer.send([record('given up')], caller.signal);
    const wanted = producer.send([record('wanted')]);
    await turn();
    caller.abort(new Error('timed out'));
    await expect(given).rejects.toThrow('timed out');
    connection.resolve();
    acknowledgement.resolve();
    await Promise.all([first, wanted]);
    expect(sent).toEqual(underWay > 0 ? [['first'], ['wanted']] : [['first', 'wanted']]);
    await producer.stop();
  });

  it('no more waits than may, and there is room again once Kafka answers', async () => {
    connection.resolve();
    const first = producer.send([record('first')]);
    await turn();
    const large = producer.send([record('x'.repeat(900))]);
    await expect(producer.send([record('y'.repeat(100))])).rejects.toMatchObject({
      code: 'kafka/send-queue-full',
    });
    expect(producer.waitingBytes).toBeLessThanOrEqual(1_000);
    acknowledgement.resolve();
    await Promise.all([first, large]);
    await producer.send([record('y'.repeat(100))]);
    expect(producer.waitingBytes).toBe(0);
    await producer.stop();
  });

  it('what waits while no connection comes about is told so, and the next call tries anew', async () => {
    const waits = producer.send([record('a')]);
    await turn();
    connection.reject(new Error('no broker'));
    await expect(waits).rejects.toThrow('no broker');
    connection = Promise.withResolvers();
    connection.resolve();
    acknowledgement.resolve();
    await producer.send([record('b')]);
    expect(sent).toEqual([['b']]);
    await producer.stop();
  });

  it('nothing is sent where everybody has given up', async () => {
    const caller = new AbortController();
    const given = producer.send([record('a')], caller.signal);
    await turn();
    caller.abort('gone');
    await expect(given).rejects.toBe('gone');
    connection.resolve();
    await producer.stop();
    expect(sent).toEqual([]);
  });
});

it('refuses whatever is for partitions that are not there in one pass, each with its own number', async () => {
  width = 4;
  connection.resolve();
  acknowledgement.resolve();
  const wrong = Array.from({ length: 20 }, (_, n) =>
    producer.send([{ ...record('lost'), partition: 4 + n }]),
  );
  const good = [producer.send([record('by key')]), producer.send([{ ...record('last'), partition: 3 }])];
  const told = await Promise.allSettled(wrong);
  expect(told.map((end) => end.status === 'rejected' && end.reason.partition)).toEqual(
    Array.from({ length: 20 }, (_, n) => 4 + n),
  );
  await Promise.all(good);
  expect(sent.slice(1)).toEqual([['by key', 'last']]);
  await producer.stop();
});

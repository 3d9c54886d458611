import { expect, it } from 'vitest';
import { ConnectTimeoutError, EventTail, TimerClient } from './index.js';

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const nobody = { brokers: ['127.0.0.1:1'], clientId: 'spec', log };

it('gives up connecting when told to, by time or by signal, and may be asked again', async () => {
  const client = new TimerClient({ kafka: nobody });
  await expect(client.connect({ timeoutMs: 20 })).rejects.toThrow('made the topic timers.replies');
  const abort = new AbortController();
  const connecting = client.connect({ signal: abort.signal });
  abort.abort(new Error('not any more'));
  await expect(connecting).rejects.toThrow('not any more');
  await expect(client.connect({ timeoutMs: 20 })).rejects.toThrow(ConnectTimeoutError);
  await client.close();
}, 30_000);

it('gives up listening when told to as well, and says which topic is not there', async () => {
  const tail = new EventTail({ kafka: nobody, topicPrefix: 'p', onEvent: () => undefined });
  await expect(tail.start({ timeoutMs: 20 })).rejects.toThrow('made the topic p.events');
  const abort = new AbortController();
  const starting = tail.start({ signal: abort.signal });
  abort.abort(new Error('not any more'));
  await expect(starting).rejects.toThrow('not any more');
  expect(tail.isListening).toBe(false);
  await tail.stop();
}, 30_000);

import { expect, it } from 'vitest';
import { ConnectTimeoutError, TimerClient } from './index.js';

it('gives up connecting when told to, by time or by signal, and may be asked again', async () => {
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const client = new TimerClient({ kafka: { brokers: ['127.0.0.1:1'], clientId: 'spec', log } });
  await expect(client.connect({ timeoutMs: 20 })).rejects.toThrow(ConnectTimeoutError);
  const abort = new AbortController();
  const connecting = client.connect({ signal: abort.signal });
  abort.abort(new Error('not any more'));
  await expect(connecting).rejects.toThrow('not any more');
  await expect(client.connect({ timeoutMs: 20 })).rejects.toThrow(ConnectTimeoutError);
  await client.close();
}, 30_000);

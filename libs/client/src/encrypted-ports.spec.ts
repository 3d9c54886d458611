import { expect, it } from 'vitest';
import { AesGcmCipher, type CommandWire, previewRequest, type TimerRecord } from '#contract';
import { encryptedPorts } from './encrypted-ports.js';
import { Outbox } from './outbox/outbox.js';
import type { TimerPorts } from './ports.js';
import { TimerCalls } from './timer-calls.js';
import type { PreviewQuery, WatchedChange } from './timers.js';

const cipher = new AesGcmCipher({ keys: { k1: new Uint8Array(32).fill(1) }, current: 'k1' });
const spec = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' } as const;

/** What another side would keep and give back. */
class Elsewhere {
  readonly sent: CommandWire[] = [];
  readonly previewed: PreviewQuery[] = [];
  stored: TimerRecord = {} as TimerRecord;

  readonly ports = {
    commands: {
      ask: (command: CommandWire) => {
        this.sent.push(command);
        if (command.type === 'CreateTimer') this.stored = command.timer as unknown as TimerRecord;
        return Promise.resolve({ ok: true, timer: this.stored });
      },
    },
    reads: {
      timer: () => Promise.resolve(this.stored),
      page: () => Promise.resolve({ timers: [this.stored] }),
      watch: () => this.#watched(),
      preview: (request: PreviewQuery) => {
        this.previewed.push(request);
        return Promise.resolve({});
      },
    },
    namespace: 'n',
    timeoutMs: 1_000,
    sleep: () => Promise.resolve(),
  } as unknown as TimerPorts;

  async *#watched() {
    yield { kind: 'create', timer: this.stored } as unknown as WatchedChange;
    yield { kind: 'event' } as unknown as WatchedChange;
  }
}

it('a client with a cipher sends nothing that can be read, and reads all of it', async () => {
  const elsewhere = new Elsewhere();
  const timers = new TimerCalls(encryptedPorts(elsewhere.ports, cipher));
  const made = await timers.createTimer({ key: 'k', ...spec, data: 'hush' });
  await timers.closeTimerEvent({ key: 'k' }, { eventId: 'e', attempt: 1, summaryData: 'hush' });
  expect(JSON.stringify(elsewhere.sent)).not.toContain('hush');
  expect(JSON.stringify(elsewhere.stored)).toContain('"dataEncoding":"base64"');

  expect(made.data).toBe('hush');
  expect((await timers.getTimerByKey('k')).data).toBe('hush');
  expect((await timers.getTimerPage()).timers.map(({ data }) => data)).toEqual(['hush']);
  const changes: WatchedChange[] = [];
  for await (const change of timers.watch()) changes.push(change);
  expect(changes.map(({ timer }) => timer?.data)).toEqual(['hush', undefined]);
});

it('a client with a cipher previews without telling what the timer would carry', async () => {
  const elsewhere = new Elsewhere();
  const timers = new TimerCalls(encryptedPorts(elsewhere.ports, cipher));
  const timer = { ...spec, data: 'hush', summaryData: 'hush', spawn: { timer: { data: 'hush' } } };
  await timers.preview({ timer, count: 3 });
  await timers.preview({ timerId: '019d3211-2a00-7a5c-8123-456789abcdef', set: { data: 'hush' } });
  expect(JSON.stringify(elsewhere.previewed)).not.toContain('hush');
  expect(elsewhere.previewed).toMatchObject([
    { timer: { ...spec, dataEncoding: 'base64' }, count: 3 },
    { set: { dataEncoding: 'base64' } },
  ]);
  for (const request of elsewhere.previewed) expect(previewRequest.safeParse(request).success).toBe(true);
});

it('an outbox with a cipher writes nothing into its table that can be read', async () => {
  const written: unknown[] = [];
  const transaction = {
    query: (_text: string, values: readonly unknown[]) => {
      written.push(...values);
      return Promise.resolve({ rows: [] });
    },
  };
  await new Outbox({ cipher }).within(transaction as never).createTimer({ key: 'k', ...spec, data: 'hush' });
  const text = written.map(String).join();
  expect(text).toContain('CreateTimer');
  expect(text).not.toContain('hush');
});

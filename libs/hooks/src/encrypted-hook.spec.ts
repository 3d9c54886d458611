import { expect, it } from 'vitest';
import { AesGcmCipher, type CommandWire, type DueEvent, openFields, sealFields } from '#contract';
import { HookRunner } from './hook-runner.js';
import type { HookHandler, RunClock } from './index.js';

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const cipher = new AesGcmCipher({ keys: { k1: key(1) }, current: 'k1' });
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const still: RunClock = { now: () => 0, after: () => () => undefined };

/** Runs one event whose timer carries this, sealed; answers what left. */
async function run(data: string, handle: HookHandler, by = cipher): Promise<CommandWire> {
  const create = { type: 'CreateTimer', timer: { data } } as unknown as CommandWire;
  const { timer } = (await sealFields(create, cipher)) as unknown as { timer: object };
  const event = {
    eventId: '00000000-0000-4000-8000-00000000000e',
    attempt: 1,
    ackTimeoutMs: 30_000,
    timer: { id: 't', namespace: 'n', key: 'k', hookClass: 'c', version: 1, ...timer },
  } as unknown as DueEvent;
  const sent = Promise.withResolvers<CommandWire>();
  const send = async (command: CommandWire): Promise<void> => sent.resolve(command);
  const runner = new HookRunner({ hooks: { c: handle }, send, log, clock: still, cipher: by });
  runner.take('c', { ok: true, kind: 'due', event } as never, () => undefined);
  return sent.promise;
}

it('a handler reads what was sealed, and what it leaves is sealed again', async () => {
  const closed = await run('hush', ({ timer }) => ({ summaryData: `${timer.data} again` }));
  expect(closed).toMatchObject({ type: 'CloseEvent', summaryDataEncoding: 'base64' });
  expect(JSON.stringify(closed)).not.toContain('hush');
  expect(await openFields(closed, cipher)).toMatchObject({ summaryData: 'hush again' });
});

it('an event whose key is not here is tried again, and says which key', async () => {
  const other = new AesGcmCipher({ keys: { k2: key(2) }, current: 'k2' });
  const retried = await run('hush', () => expect.unreachable('it was opened'), other);
  expect(retried).toMatchObject({ type: 'RetryEvent', error: expect.stringContaining('the key k1') });
});

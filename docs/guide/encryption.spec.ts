import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AesGcmCipher, SealBrokenError, TimerClient, UnknownKeyError } from '../../libs/client/src/index.js';
import { HookWorker } from '../../libs/hooks/src/index.js';

const page = readFileSync('docs/guide/encryption.md', 'utf8');
const secrets = new Map(['2026', '2027'].map((id) => [id, randomBytes(32)]));
const keyOf = (id: string): Uint8Array => secrets.get(id) ?? new Uint8Array();

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const kafka = { brokers: ['kafka:9092'], clientId: 'billing', log };
const api = { url: 'http://carillon-api:8080' };
const hooks = { billing: quiet };

// #region cipher
const cipher = new AesGcmCipher({
  keys: { '2026': keyOf('2026'), '2027': keyOf('2027') },
  current: '2027',
});
const timers = new TimerClient({ kafka, api, cipher });
const worker = new HookWorker({ kafka, hooks, cipher });
// #endregion

it('the page shows the example that runs here', () => {
  const source = readFileSync('docs/guide/encryption.spec.ts', 'utf8');
  const [, region = ''] = /\/\/ #region cipher\n([\s\S]*?)\/\/ #endregion/.exec(source) ?? [];
  expect(region).not.toBe('');
  expect(page).toContain(region.trim());
});
it('the client and the worker of the page can be made', () => {
  expect(timers.getDefaultNamespace()).toBe('default');
  expect(worker.readiness()).toMatch(/not joined/);
});
it('keys change as the page says', () => {
  const before = new AesGcmCipher({ keys: { '2026': keyOf('2026') }, current: '2026' });
  const after = new AesGcmCipher({ keys: { '2027': keyOf('2027') }, current: '2027' });
  const [old, fresh] = [before.seal(Buffer.from('a')), cipher.seal(Buffer.from('b'))];
  expect([old, fresh].map((sealed) => Buffer.from(cipher.open(sealed) ?? []).toString())).toEqual(['a', 'b']);
  expect(() => after.open(old)).toThrow(UnknownKeyError);
});
it('has the codes of its errors', () => {
  for (const error of [new UnknownKeyError('k'), new SealBrokenError('k')])
    expect(page).toContain(error.code);
});

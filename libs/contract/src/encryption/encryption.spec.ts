import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandWire } from '../index.js';
import { AesGcmCipher } from './aes-gcm-cipher.js';
import { openFields, sealFields } from './sealed-fields.js';

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const cipher = new AesGcmCipher({ keys: { k1: key(1) }, current: 'k1' });
const rotated = new AesGcmCipher({ keys: { k1: key(1), k2: key(2) }, current: 'k2' });
const bytes = (text: string): Buffer => Buffer.from(text);

describe('AES-256-GCM', () => {
  it('opens what it sealed, and says the same thing never twice in the same way', () => {
    const [one, other] = [cipher.seal(bytes('hush')), cipher.seal(bytes('hush'))];
    expect(bytes('hush').equals(cipher.open(one) ?? bytes(''))).toBe(true);
    expect(Buffer.from(one).equals(other)).toBe(false);
    expect(Buffer.from(one).toString('latin1')).not.toContain('hush');
  });
  it('tells in the open by which key, and opens old ones after a rotation', () => {
    const old = cipher.seal(bytes('old'));
    expect(Buffer.from(old).toString('latin1', 5, 7)).toBe('k1');
    expect(Buffer.from(rotated.open(old) ?? []).toString()).toBe('old');
    expect(() => cipher.open(rotated.seal(bytes('new')))).toThrow(/the key k2/);
  });
  it('finds every changed bit', () => {
    const sealed = cipher.seal(bytes('hush'));
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      let opened: Uint8Array | null = null;
      try {
        opened = cipher.open(changed);
      } catch (error) {
        expect(String(error)).toMatch(/sealed with the key/);
      }
      // a changed beginning is none of ours, and is passed on as it is
      expect(opened).toBeNull();
    }
  });
  it('does not take what another key under the same id sealed', () => {
    const other = new AesGcmCipher({ keys: { k1: key(9) }, current: 'k1' });
    expect(() => cipher.open(other.seal(bytes('hush')))).toThrow(/not what was sealed/);
  });
  it('leaves alone what nobody sealed', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (given) => cipher.open(given) === null));
  });
  it.each([
    ['a short key', { keys: { k1: new Uint8Array(16) }, current: 'k1' }],
    ['no current key', { keys: { k1: key(1) }, current: 'k2' }],
    ['an id that is none', { keys: { 'k 1': key(1) }, current: 'k 1' }],
  ])('is not made with %s', (_, keys) => expect(() => new AesGcmCipher(keys)).toThrow());
});

const create = (timer: object): CommandWire => ({
  type: 'CreateTimer',
  id: '00000000-0000-4000-8000-000000000001',
  namespace: 'n',
  key: 'k',
  timer: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', ...timer },
});

describe('a command', () => {
  it('keeps everything but its payloads open', async () => {
    const sealed = await sealFields(create({ data: 'hush', tags: ['eu'] }), cipher);
    expect(sealed).toMatchObject(create({ tags: ['eu'], dataEncoding: 'base64' }));
  });
  it('clears what it clears', async () => {
    const command = { ...create({}), type: 'UpdateTimer', set: { data: null } } as never;
    expect(await sealFields(command, cipher)).toMatchObject({ set: { data: null } });
  });
  it('comes back as it went, whatever it holds, and however it was written', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\0'), fc.constant('a\ud800b'));
    const base64 = fc.uint8Array().map((some) => Buffer.from(some).toString('base64'));
    const payload = fc.oneof(
      text.map((data) => ({ data })),
      base64.map((data) => ({ data, dataEncoding: 'base64' as const })),
    );
    await fc.assert(
      fc.asyncProperty(payload, async (given) => {
        const { timer } = (await sealFields(create(given), cipher)) as unknown as { timer: object };
        expect(await openFields(timer, rotated)).toEqual(
          (create(given) as unknown as { timer: object }).timer,
        );
      }),
    );
  });
  it('opens what hangs below a record, and leaves open what was never sealed', async () => {
    const { timer } = (await sealFields(create({ data: 'hush' }), cipher)) as unknown as { timer: object };
    const bare = { data: Buffer.from('plain').toString('base64'), dataEncoding: 'base64' };
    expect(await openFields({ eventId: 'e', timer, eventData: 'open' }, cipher)).toMatchObject({
      timer: { data: 'hush' },
      eventData: 'open',
    });
    expect(await openFields(bare, cipher)).toEqual(bare);
  });
});

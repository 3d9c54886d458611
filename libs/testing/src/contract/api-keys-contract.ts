import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiKeyId, type ApiKeyStore, mintApiKey, type NewApiKey } from '#engine';
import type { EpochMs } from '#timer';

export interface ApiKeysSubject {
  readonly store: ApiKeyStore;
  close(): Promise<void>;
}

let made = 0;
function newKey(parts: Partial<NewApiKey> = {}): NewApiKey {
  const { id, hash } = mintApiKey();
  made += 1;
  const key = { id, hash, name: `key ${made}`, grants: ['a:reader', '*:operator'], createdBy: 'ada' };
  return { ...key, expiresAt: null, ...parts };
}

/** What every ApiKeyStore keeps. */
export function apiKeysContract(name: string, open: () => Promise<ApiKeysSubject>): void {
  describe(`ApiKeyStore: ${name}`, () => {
    let subject: ApiKeysSubject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    it('keeps a key as it was made', async () => {
      const key = newKey({ expiresAt: 4_102_444_800_123 as EpochMs });
      const added = await subject.store.add(key);
      expect(added).toMatchObject({ ...key, hash: expect.anything(), revokedAt: null, lastUsedAt: null });
      const found = await subject.store.find(key.id);
      expect(Buffer.from(found?.hash ?? []).equals(key.hash)).toBe(true);
      expect(found).toEqual(added);
      expect(await subject.store.find('0123456789abcdef' as ApiKeyId)).toBeNull();
    });

    it('gives a name once, also when its key is revoked', async () => {
      const [first, second] = [newKey({ name: 'ci' }), newKey({ name: 'ci' })];
      await subject.store.add(first);
      expect(await subject.store.add(second)).toBeNull();
      await subject.store.revoke(first.id, 'bob');
      expect(await subject.store.add(second)).toBeNull();
      expect(await subject.store.find(second.id)).toBeNull();
    });

    it('remembers who revoked first', async () => {
      const key = newKey();
      await subject.store.add(key);
      const revoked = await subject.store.revoke(key.id, 'bob');
      expect(revoked).toMatchObject({ revokedBy: 'bob', revokedAt: expect.any(Number) });
      expect(await subject.store.revoke(key.id, 'eve')).toEqual(revoked);
      expect(await subject.store.revoke('0123456789abcdef' as ApiKeyId, 'bob')).toBeNull();
    });

    it('notes the use of a key, once a minute', async () => {
      const key = newKey();
      await subject.store.add(key);
      await subject.store.markUsed(key.id);
      const first = await subject.store.find(key.id);
      expect(first?.lastUsedAt).toEqual(expect.any(Number));
      await subject.store.markUsed(key.id);
      expect(await subject.store.find(key.id)).toEqual(first);
    });

    it('lists the newest first', async () => {
      const key = newKey();
      await subject.store.add(key);
      const [newest, ...rest] = await subject.store.list(3);
      expect([newest?.id, rest.length]).toEqual([key.id, 2]);
    });
  });
}

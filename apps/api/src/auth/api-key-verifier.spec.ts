import { beforeEach, expect, it } from 'vitest';
import { grantsOf, type MintedApiKey, mintApiKey, type NewApiKey } from '#engine';
import { InMemoryApiKeys } from '#testing';
import type { EpochMs } from '#timer';
import { ApiKeyVerifier } from './api-key-verifier.js';

const uncachedMs = 1;
let now: EpochMs;
let keys: InMemoryApiKeys;
let finds: number;
let isDown: boolean;
let failures: unknown[];

beforeEach(() => {
  now = Date.UTC(2027, 0, 1) as EpochMs;
  keys = new InMemoryApiKeys(() => now);
  finds = 0;
  isDown = false;
  failures = [];
});

const verifier = (cacheMs?: number) =>
  new ApiKeyVerifier(
    {
      store: {
        find: (id) => {
          finds += 1;
          return isDown ? Promise.reject(new Error('the database is away')) : keys.find(id);
        },
        markUsed: (id) => keys.markUsed(id),
      },
      now: () => now,
      onError: (error) => failures.push(error),
    },
    cacheMs,
  );

async function add(parts: Partial<NewApiKey> = {}): Promise<MintedApiKey> {
  const minted = mintApiKey();
  const { id, hash } = minted;
  const key = { id, hash, name: 'ci', grants: ['billing:operator'], createdBy: 'ada', expiresAt: null };
  await keys.add({ ...key, ...parts });
  return minted;
}

it('a key proves its name and what it may, and its use is noted', async () => {
  const { text, id } = await add();
  expect(await verifier().verify(text)).toEqual({
    name: 'key:ci',
    grants: grantsOf(['billing:operator']),
    expiresAt: null,
  });
  expect((await keys.find(id))?.lastUsedAt).toBe(now);
});
it('a right id with a wrong secret proves nothing, and is no use of the key', async () => {
  const { text, id } = await add();
  const wrong = `${text.slice(0, -43)}${mintApiKey().text.slice(-43)}`;
  expect(await verifier().verify(wrong)).toBeNull();
  expect((await keys.find(id))?.lastUsedAt).toBeNull();
});
it('a key that nobody made proves nothing', async () => {
  expect(await verifier().verify(mintApiKey().text)).toBeNull();
});
it('a key counts until its end, also while it is remembered', async () => {
  const { text } = await add({ expiresAt: (now + 1_000) as EpochMs });
  const one = verifier();
  expect(await one.verify(text)).toMatchObject({ expiresAt: now + 1_000 });
  now = (now + 1_000) as EpochMs;
  expect(await one.verify(text)).toBeNull();
});
it('a revoked key is refused once it is read again', async () => {
  const { text, id } = await add();
  const one = verifier(uncachedMs);
  expect(await one.verify(text)).not.toBeNull();
  await keys.revoke(id, 'bob');
  await new Promise((resolve) => setTimeout(resolve, 5 * uncachedMs));
  expect(await one.verify(text)).toBeNull();
});
it('keys and strangers are remembered for a moment: not every request asks the database', async () => {
  const one = verifier();
  const [{ text }, stranger] = [await add(), mintApiKey().text];
  for (let i = 0; i < 5; i += 1) await Promise.all([one.verify(text), one.verify(stranger)]);
  expect(finds).toBe(2);
});
it('a database that is away refuses nobody for good', async () => {
  const { text } = await add();
  isDown = true;
  const one = verifier();
  await expect(one.verify(text)).rejects.toMatchObject({ problem: { code: 'not-ready' } });
  expect(failures).toHaveLength(1);
  isDown = false;
  expect(await one.verify(text)).not.toBeNull();
});

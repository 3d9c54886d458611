import * as os from 'node:os';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { migrateAll } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';
import { createKey, listKeys } from './keys.js';

vi.mock('node:os', async (original) => {
  const real = await original<typeof os>();
  return { ...real, userInfo: vi.fn(real.userInfo) };
});

let database: Awaited<ReturnType<typeof freshDatabase>>;
const [out, err] = [process.stdout, process.stderr].map((stream) =>
  vi.spyOn(stream, 'write').mockReturnValue(true),
);
const told = (stream: typeof out): string => String(stream?.mock.lastCall?.[0]);

beforeAll(async () => {
  database = await freshDatabase();
  vi.stubEnv('DATABASE_URL', database.url);
  await migrateAll([database.url], 4);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await database.drop();
});

it('keys are made under a number that no passwd file knows, and listed with word of those that are left out', async () => {
  // what Node says of such a number
  vi.mocked(os.userInfo).mockImplementation(() => {
    throw new Error('uv_os_get_passwd returned ENOENT (no such file or directory)');
  });
  for (const name of ['first', 'second']) await createKey(name, { grant: ['*:reader'] });
  for (const limit of ['1', '2']) {
    err?.mockClear();
    await listKeys({ limit, json: true });
    expect(JSON.parse(told(out))).toHaveLength(Number(limit));
    expect(told(err)).toBe(
      limit === '1' ? 'there are more than 1, made before these: raise --limit\n' : 'undefined',
    );
  }
  expect(JSON.parse(told(out))).toMatchObject([
    { name: 'second', createdBy: `cli:uid:${process.getuid?.()}@${os.hostname()}` },
    { name: 'first' },
  ]);
});

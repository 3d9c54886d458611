import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { migrate, verify } from '#postgres';
import { freshDatabase, poolOf } from '../../../../test/harness/database.js';
import { age, logParts, publishAll } from '../../../../test/retention/aged.js';
import { Lives } from '../../../../test/upgrade/life.js';
import { UsageError } from '../errors/exit-codes.js';
import { retentionCommand } from './retention.js';

describe('carillon retention', () => {
  let close: () => Promise<void>;
  let pool: pg.Pool;
  beforeAll(async () => {
    const database = await freshDatabase();
    await migrate(database.url, 4);
    const opened = poolOf(database);
    ({ pool } = opened);
    close = opened.close;
    const lives = await Lives.on(database.url);
    for (const key of ['a', 'b', 'c'])
      await lives.create(key, { schedPolicyType: 'ONCE', schedPolicyExpr: '90d' });
    await lives.end();
    await age(pool, 40);
    vi.stubEnv('DATABASE_URL', database.url);
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    vi.unstubAllEnvs();
    await close();
  });

  async function said(wish: Parameters<typeof retentionCommand>[0]): Promise<{ code: number; out: string }> {
    let out = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const code = await retentionCommand(wish);
    vi.restoreAllMocks();
    return { code, out };
  }

  it('asks how long is meant, where nobody has said it', async () => {
    await expect(retentionCommand({})).rejects.toBeInstanceOf(UsageError);
    vi.stubEnv('LOG_RETENTION_DAYS', 'soon');
    await expect(retentionCommand({})).rejects.toThrow('LOG_RETENTION_DAYS=soon is not a number of days');
    vi.stubEnv('LOG_RETENTION_DAYS', undefined);
  });

  it('shows what would go and why it stays, changes nothing; with --now it goes', async () => {
    const before = await logParts(pool);
    const needed = await said({ logDays: '30' });
    expect(needed).toMatchObject({
      code: 1,
      out: expect.stringMatching(/event_log_.* 3 +events of it are not/),
    });
    await publishAll(pool);
    const { code, out } = await said({ logDays: '30', json: true });
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { parts: [expect.objectContaining({ timers: 3, reason: null, database: 1 })], ended: 0 },
    ]);
    expect(await logParts(pool)).toEqual(before);

    expect(await said({ logDays: '30', now: true })).toEqual({
      code: 0,
      out: '1 days of the log dropped after 3 snapshots; 0 timers archived, 0 forgotten\n',
    });
    expect(await logParts(pool)).toHaveLength(before.length - 1);
    expect((await verify(pool)).findings).toEqual([]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateAll } from '#postgres';
import { freshDatabase } from '../../../test/harness/database.js';

describe('carillon verify with more findings than it tells', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrateAll([database.url], 4);
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    // namespaces that are counted with a timer that is not there
    await pool.query(
      `insert into namespace_usage (namespace, partition, timers) select E'\\u009b2J' || n, -1, 1 from generate_series(1, 101) n`,
    );
    await pool.end();
  });
  afterAll(() => database.drop());

  const verify = (...words: string[]) =>
    spawn(process.execPath, ['dist/apps/cli/src/main.js', 'verify', ...words], {
      env: { ...process.env, DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it('says that it stopped, and shows the control characters of names', async () => {
    const [out, json] = await Promise.all([text(verify().stdout), text(verify('--json').stdout)]);
    expect(out.split('\n').slice(-2)[0]).toMatch(/: 100 findings, and it stopped there: not all was read; /);
    expect(out.split('\n')[0]).toContain('namespace \\u009b2J');
    const { findings, isCut } = JSON.parse(json);
    expect([findings.length, isCut]).toEqual([100, true]);
  });
  it('ends with its exit code also where whoever reads has had enough', async () => {
    const verifying = verify();
    verifying.stdout.destroy();
    expect(await once(verifying, 'close')).toEqual([1, null]);
  });
});

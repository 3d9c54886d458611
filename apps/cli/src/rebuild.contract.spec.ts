import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { migrate } from '#postgres';
import { freshDatabase, poolOf } from '../../../test/harness/database.js';
import { Lives } from '../../../test/upgrade/life.js';
import { rebuildCommand, verifyCommand } from './audit.js';

describe('carillon verify and rebuild', () => {
  const closers: (() => Promise<unknown>)[] = [];
  let said: string;
  beforeEach(async () => {
    const database = await freshDatabase();
    const { pool, close } = poolOf(database);
    closers.push(close);
    vi.stubEnv('DATABASE_URL', database.url);
    said = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
    await migrate(database.url, 4);
    const lives = await Lives.on(database.url);
    await lives.create('whole', {});
    await lives.create('bare', {});
    await lives.end();
    await pool.query(
      `delete from event_log where stream_id = (select id from timer_spec where key = 'bare')`,
    );
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('send nobody to a rebuild for a timer that lacks its log, and leave it with 1 unless they are told to remove it', async () => {
    expect(await verifyCommand({})).toBe(1);
    expect(said).toContain('1 lack a day of the log');
    said = '';
    expect(await rebuildCommand()).toBe(1);
    expect(said).toContain('1 timers made anew from the log, 0 removed');
    expect(said).toContain('1 left as they are');
    said = '';
    expect(await rebuildCommand({ removeUnlogged: true })).toBe(0);
    expect(said).toContain('1 removed that it does not know');
  });
});

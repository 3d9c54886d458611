import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.js';
import { EmbeddedPostgres } from './postgres.js';
import { EmbeddedServerProblem } from './problem.js';
import { startEmbedded } from './start-embedded.js';

describe('a folder of data', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has one user at a time, who is named, and the next when that one is done', () => {
    const unlock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(EmbeddedServerProblem);
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid}`);
    unlock();
    lockFolder(folder)();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });
  it('is free again when its user was killed, and is not freed by one who lost it', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    const unlockFormer = lockFolder(folder);
    writeFileSync(join(folder, 'lock'), String(gone));
    const unlock = lockFolder(folder);
    writeFileSync(join(folder, 'lock'), '1');
    unlockFormer();
    unlock();
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe('1');
  });
  it('is left alone by servers that find it in use', async () => {
    writeFileSync(join(folder, 'lock'), String(process.ppid));
    const starting = startEmbedded({
      homeDir: folder,
      dataDir: folder,
      env: { KAFKA_BROKERS: 'elsewhere:1' },
    });
    await expect(starting).rejects.toThrow(`process ${process.ppid}`);
    expect(existsSync(join(folder, 'postgres'))).toBe(false);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(String(process.ppid));
  });
  it('keeps the lock file of a Postgres that runs in it: the server looks at that itself', async () => {
    const cluster = join(folder, 'cluster');
    mkdirSync(cluster);
    writeFileSync(join(cluster, 'PG_VERSION'), '18');
    writeFileSync(join(cluster, 'postmaster.pid'), String(process.pid));
    // it ends at once: there is no configuration
    const starting = new EmbeddedPostgres({ dataDir: folder, port: 1 }).start();
    await expect(starting).rejects.toThrow();
    expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(true);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockFolder } from './folder-lock.js';
import { EmbeddedPostgres } from './postgres.js';
import { EmbeddedServerProblem } from './problem.js';
import { startEmbedded } from './start-embedded.js';

/** Whether this system tells of processes when they began and what they are. */
const isTold = existsSync('/proc/self/stat');

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
  it('is free when what has the number of its user today is somebody else', () => {
    // as in a container, where numbers begin anew at each start
    for (const left of [`${process.pid}`, `${process.pid} 1`]) {
      writeFileSync(join(folder, 'lock'), left);
      lockFolder(folder)();
    }
    writeFileSync(join(folder, 'lock'), `${process.ppid} 1`);
    if (isTold) lockFolder(folder)();
    else expect(() => lockFolder(folder)).toThrow(`process ${process.ppid}`);
  });
  it('is taken by one of two that find what a killed process left', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(folder, 'lock'), String(gone));
    const kill = process.kill.bind(process);
    let unlock = (): void => undefined;
    // the other one takes it between our look and our taking it
    const look = vi.spyOn(process, 'kill').mockImplementationOnce((...asked) => {
      unlock = lockFolder(folder);
      return kill(...asked);
    });
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid}`);
    look.mockRestore();
    expect(readdirSync(folder)).toEqual(['lock']);
    unlock();
    expect(readdirSync(folder)).toEqual([]);
  });
  it('is taken though one died while it took it', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    for (const name of ['lock', 'lock.takeover']) writeFileSync(join(folder, name), String(gone));
    const unlock = lockFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock']);
    unlock();
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
  it('loses the lock file of a killed Postgres whose number another program has, and of no Postgres', async () => {
    const cluster = join(folder, 'postgres', 'cluster');
    mkdirSync(cluster, { recursive: true });
    writeFileSync(join(cluster, 'PG_VERSION'), '18');
    const file = join(cluster, 'postmaster.pid');
    const isLeftFor = async (pid: number): Promise<boolean> => {
      writeFileSync(file, `${pid}\n${cluster}\n`);
      const env = { KAFKA_BROKERS: 'elsewhere:1' };
      // it ends at once: there is no configuration
      await expect(startEmbedded({ homeDir: folder, dataDir: folder, env })).rejects.toThrow();
      return existsSync(file);
    };
    expect(await isLeftFor(process.pid)).toBe(!isTold);
    symlinkSync('/bin/sleep', join(folder, 'postgres', 'postgres'));
    const server = spawn(join(folder, 'postgres', 'postgres'), ['60']);
    try {
      expect(await isLeftFor(server.pid ?? 0)).toBe(true);
    } finally {
      server.kill();
    }
  });
});

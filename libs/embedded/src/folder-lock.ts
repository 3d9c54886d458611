import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedServerProblem, wayOut } from './problem.js';

/**
 * Takes a folder of data for this process, until the answer is called; what a killed process has left counts for nothing.
 * @throws EmbeddedServerProblem naming the process that has it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'lock');
  if (!tryLock(lock)) {
    const holder = holderOf(lock);
    if (holder !== null && isRunning(holder)) throw inUse(folder, holder, lock);
    rmSync(lock, { force: true });
    if (!tryLock(lock)) throw inUse(folder, holderOf(lock), lock);
  }
  return () => {
    if (holderOf(lock) === process.pid) rmSync(lock, { force: true });
  };
}

/** By a link: whoever sees the file sees who has made it. */
function tryLock(lock: string): boolean {
  const mine = `${lock}.${randomUUID()}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Null: nobody, or nothing that says who. */
function holderOf(lock: string): number | null {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // another user's, otherwise
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const inUse = (folder: string, holder: number | null, lock: string): EmbeddedServerProblem =>
  new EmbeddedServerProblem(
    `process ${holder ?? 'unknown'} uses ${folder}: a Carillon runs here already. End it, or start this one in another folder; if that process is something else, delete ${lock}. ${wayOut}`,
  );

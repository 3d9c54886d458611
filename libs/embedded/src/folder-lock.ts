import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedServerProblem, wayOut } from './problem.js';

interface Holder {
  readonly pid: number;
  /** When it began, as the system counts; null where it does not tell. Numbers are given out again: after a reboot, or at each start of a container. */
  readonly startedAt: string | null;
}

/** The locks of this process: one with its number that is not among them was left by a process that had the number before, where no time tells. */
const held = new Set<string>();

/**
 * Takes a folder of data for this process, until the answer is called; what a killed process has left counts for nothing.
 * @throws EmbeddedServerProblem naming the process that has it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const lock = join(realpathSync(folder), 'lock');
  if (!take(lock)) throw inUse(folder, holderOf(lock), lock);
  held.add(lock);
  return () => {
    held.delete(lock);
    if (isMine(lock)) rmSync(lock, { force: true });
  };
}

function take(lock: string): boolean {
  if (tryLock(lock)) return true;
  if (isHeld(lock)) return false;
  // of two that find the same left file, the slower one would remove what the other has made: one at a time, and it looks again
  const takeover = `${lock}.takeover`;
  if (!take(takeover)) return false;
  try {
    if (isHeld(lock)) return false;
    rmSync(lock, { force: true });
    return tryLock(lock);
  } finally {
    rmSync(takeover, { force: true });
  }
}

/** By a link: whoever sees the file sees who has made it. */
function tryLock(lock: string): boolean {
  const mine = `${lock}.${randomUUID()}`;
  writeFileSync(mine, `${process.pid} ${startOf(process.pid) ?? ''}`.trimEnd());
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
function holderOf(lock: string): Holder | null {
  try {
    const [pid, startedAt = null] = readFileSync(lock, 'utf8').split(' ');
    return Number.isInteger(Number(pid)) && Number(pid) > 0 ? { pid: Number(pid), startedAt } : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

function isHeld(lock: string): boolean {
  const holder = holderOf(lock);
  if (holder === null || !isRunning(holder.pid)) return false;
  const startedAt = startOf(holder.pid);
  if (holder.startedAt !== null && startedAt !== null) return holder.startedAt === startedAt;
  return holder.pid !== process.pid || held.has(lock);
}

function isMine(lock: string): boolean {
  const holder = holderOf(lock);
  return holder?.pid === process.pid && holder.startedAt === startOf(process.pid);
}

/** Field 22 of its stat; the second is its name, in brackets, and may hold anything. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3] ?? null;
  } catch {
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

const inUse = (folder: string, holder: Holder | null, lock: string): EmbeddedServerProblem =>
  new EmbeddedServerProblem(
    `process ${holder?.pid ?? 'unknown'} uses ${folder}: a Carillon runs here already. End it, or start this one in another folder; if that process is something else, delete ${lock}. ${wayOut}`,
  );

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LatenessReport } from './lateness.js';
import { hookClasses, keyOf, namespaceOf } from './pending-population.js';
import { type Load, pause, Stage, until } from './stage.js';

// A takeover from a cold disk: everything stops, what the machine holds of the database in memory is dropped, and a fire process starts
// where timers from all over the population are due within the minute that it reads ahead.

const spreadMs = 60_000;
/** To apply the commands, stop all, drop the memory and start again. */
const preparedWithinMs = 90_000;
const settledWithinMs = 15_000;
const sampleMs = 2_500;
const pageMax = 1_000;

export interface ColdTakeOver {
  /** From the start of the process to its first answer from the database. */
  readonly startedInMs: number;
  readonly loads: readonly Load[];
  readonly lateness: LatenessReport;
}

/**
 * @param due so many timers are due within a minute, evenly spread; an update of each has made it so, in the product's own way (not of
 * those that a day of the population has fired: their next time lies after that)
 * @param lateMs so long after the first of them was due the fire process starts
 */
export async function coldTakeOver(
  dataDir: string,
  due: number,
  lateMs: number,
  say: (line: string) => void,
): Promise<ColdTakeOver> {
  const from = Date.now() + preparedWithinMs;
  const before = await Stage.open(dataDir);
  try {
    await makeDue(before, due, from);
  } finally {
    await before.close();
  }
  const files = dropFromMemory(join(dataDir, 'postgres', 'cluster'));
  const stage = await Stage.open(dataDir);
  try {
    await stage.start('scheduler');
    await stage.start('hook', { HOOK_CLASSES: hookClasses.join(',') });
    await pause(Math.max(0, from + lateMs - Date.now()));
    const sinceFirstMs = Date.now() - from;
    say(
      `${due} timers within a minute, ${files} files dropped from memory; a fire process starts ${sinceFirstMs} ms after the first was due`,
    );
    const startedAt = performance.now();
    const fire = await stage.start('fire');
    await until('it has read what is due', async () => (await fire.report()).loads.length > 0, 60_000);
    const startedInMs = Math.round(performance.now() - startedAt);
    while (Date.now() < from + spreadMs + settledWithinMs) {
      await pause(sampleMs);
      const { count, p50, max } = (await fire.report()).lateness;
      say(`  ${Math.round((Date.now() - from) / 1_000)} s: ${count} fired, p50 ${p50}, max ${max} ms late`);
    }
    const { loads, lateness } = await fire.report();
    return { startedInMs, loads, lateness };
  } finally {
    await stage.close();
  }
}

async function makeDue(stage: Stage, due: number, from: number): Promise<void> {
  const [population] = await stage.sql<{ last: string }>(
    `select max(key) as last from timer_spec where key < 'order.' and key like 'order-%'`,
  );
  const last = Number(population?.last.slice('order-'.length));
  const logged = await stage.logged();
  await stage.start('scheduler');
  // each far from the one before, and none twice in runs one after the other
  const offset = Math.floor(Math.random() * (last / due));
  for (let i = 0; i < due; i += pageMax)
    await stage.send(
      Array.from({ length: Math.min(pageMax, due - i) }, (_, index) => {
        const n = Math.floor(((i + index) / due) * last) + offset;
        const startAt = new Date(from + ((i + index) * spreadMs) / due).toISOString();
        return {
          type: 'UpdateTimer' as const,
          id: randomUUID(),
          namespace: namespaceOf(n),
          key: keyOf(n),
          set: { startAt },
        };
      }),
    );
  await until('all are due', async () => (await stage.logged()) >= logged + due, preparedWithinMs);
}

/** @returns how many files */
function dropFromMemory(cluster: string): number {
  const files = readdirSync(cluster, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\d+/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  // count=0 with nocache: nothing is copied, the kernel lets the whole file go; what is written is on disk since the server stopped
  for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  return files.length;
}

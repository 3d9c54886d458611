import { type HeldLock, lockOf } from '#cluster/model';
import { withClient } from '../connection.js';
import { note, type ShownAs, sayJson, sayTable } from '../output/out.js';
import type { Column } from '../output/table.js';

const columns: readonly Column<HeldLock>[] = [
  { title: 'NAMESPACE', of: ({ namespace }) => namespace },
  { title: 'KEY', of: ({ key }) => key },
  { title: 'HOLDER', of: ({ holder }) => holder },
  { title: 'TOKEN', of: ({ token }) => token, align: 'right' },
  { title: 'SINCE', of: ({ since }) => since },
  { title: 'UNTIL', of: ({ until, isHeld }) => (isHeld ? until : `${until} (ended)`) },
];

interface LocksFlags extends ShownAs {
  readonly namespace?: string;
  readonly keyPrefix: string;
  readonly all?: boolean;
}

/** Leases that are held; with `--all` those that have ended and that nobody took since, too. */
export const locksCommand = ({ namespace, keyPrefix, all = false, json }: LocksFlags): Promise<number> =>
  withClient({ readsOnly: true }, async (client) => {
    const locks: HeldLock[] = [];
    const condition = { keyPrefix, ...(namespace !== undefined && { namespace }) };
    for await (const timer of client.getTimers(condition)) {
      const lock = lockOf(timer, Date.now());
      if (lock !== undefined && (lock.isHeld || all)) locks.push(lock);
    }
    if (json) sayJson(locks);
    else if (locks.length === 0) note('nothing is held');
    else sayTable(locks, columns);
    return 0;
  });

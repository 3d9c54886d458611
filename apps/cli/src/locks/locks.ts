import type { LeaseRecord, TimerRecord } from '#contract';
import { withClient } from '../connection.js';
import { note, type ShownAs, sayJson, sayTable } from '../output/out.js';
import type { Column } from '../output/table.js';

export interface Lock {
  readonly namespace: string;
  readonly key: string;
  readonly lease: LeaseRecord;
  readonly isHeld: boolean;
}

/** Pure: leases of these timers; without `isAll` those that are held at this moment. */
export const locksOf = (timers: readonly TimerRecord[], now: number, isAll: boolean): Lock[] =>
  timers.flatMap(({ namespace, key, lease }) => {
    if (lease === undefined) return [];
    const isHeld = Date.parse(lease.until) > now;
    return isHeld || isAll ? [{ namespace, key, lease, isHeld }] : [];
  });

const columns: readonly Column<Lock>[] = [
  { title: 'NAMESPACE', of: ({ namespace }) => namespace },
  { title: 'KEY', of: ({ key }) => key },
  { title: 'HOLDER', of: ({ lease }) => lease.holder },
  { title: 'TOKEN', of: ({ lease }) => lease.token, align: 'right' },
  { title: 'SINCE', of: ({ lease }) => lease.since },
  { title: 'UNTIL', of: ({ lease, isHeld }) => (isHeld ? lease.until : `${lease.until} (ended)`) },
];

interface LocksFlags extends ShownAs {
  readonly namespace?: string;
  readonly keyPrefix: string;
  readonly all?: boolean;
}

export const locksCommand = ({ namespace, keyPrefix, all = false, json }: LocksFlags): Promise<number> =>
  withClient({ readsOnly: true }, async (client) => {
    const timers: TimerRecord[] = [];
    const condition = { keyPrefix, ...(namespace !== undefined && { namespace }) };
    for await (const timer of client.getTimers(condition)) timers.push(timer);
    const locks = locksOf(timers, Date.now(), all);
    if (json) sayJson(locks);
    else if (locks.length === 0) note('nothing is held');
    else sayTable(locks, columns);
    return 0;
  });

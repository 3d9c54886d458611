import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { declaredFields, type TimerRecord } from '#contract';
import { withClient } from '../connection.js';
import { note, say } from '../output/out.js';
import { type ConditionFlags, conditionOf } from '../timers/condition.js';
import { declared } from './declared.js';
import { isOwnerTag } from './manifest.js';

export interface ExportFlags extends ConditionFlags {
  readonly owner?: string;
}

/** Timers as a file for `apply`: what has its standard value is left out. */
export const exportCommand = ({ owner, ...flags }: ExportFlags): Promise<number> =>
  withClient({ readsOnly: true }, async (client) => {
    const records: TimerRecord[] = [];
    let passed = 0;
    for await (const record of client.getTimers(conditionOf(flags))) {
      // children are made by their parents, leases by those who take them
      if (record.parent === undefined && record.lease === undefined) records.push(record);
      else passed += 1;
    }
    say(exported(records, owner ?? null, Date.now()).trimEnd());
    if (passed > 0) note(`${passed} left out: children of spawning timers, and leases`);
    return 0;
  });

/** @param owner whose file it becomes: tags of owners are left out, since `apply` adds the one that is right */
export function exported(records: readonly TimerRecord[], owner: string | null, now: number): string {
  const timers = records.map((record) => ({
    ...(record.namespace !== 'default' && { namespace: record.namespace }),
    key: record.key,
    ...fieldsOf(record, now),
  }));
  return stringify({ ...(owner !== null && { owner }), timers });
}

function fieldsOf(record: TimerRecord, now: number): Record<string, unknown> {
  const { schedPolicyType, schedPolicyExpr } = record;
  const standard = declared(record.namespace, record.key, { schedPolicyType, schedPolicyExpr }, now);
  return Object.fromEntries(
    declaredFields.flatMap((name) => {
      const value = name === 'tags' ? record.tags.filter((tag) => !isOwnerTag(tag)) : record[name];
      const isStandard = standard.ok && isDeepStrictEqual(value, standard.record[name]);
      const isNeeded = name === 'schedPolicyType' || name === 'schedPolicyExpr';
      return value === undefined || (isStandard && !isNeeded) ? [] : [[name, value]];
    }),
  );
}

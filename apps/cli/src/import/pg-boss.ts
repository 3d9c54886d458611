import { z } from 'zod';
import { UsageError } from '../errors/exit-codes.js';
import type { Candidate, Imported } from './imported.js';

const schedule = z.looseObject({
  name: z.string().min(1),
  /** Newer editions: several schedules of one queue. */
  key: z.string().nullish(),
  cron: z.string(),
  timezone: z.string().nullish(),
  data: z.unknown(),
  options: z
    .looseObject({
      retryLimit: z.int().nonnegative().optional(),
      retryDelay: z.number().nonnegative().optional(),
      retryBackoff: z.boolean().optional(),
      expireInSeconds: z.number().positive().optional(),
    })
    .nullish(),
});
type Schedule = z.output<typeof schedule>;

const known = ['retryLimit', 'retryDelay', 'retryBackoff', 'expireInSeconds', 'tz', 'key'];

/** Rows of pg-boss's `schedule` table. A queue becomes a hook class. @throws UsageError if they are no rows */
export function fromPgBoss(rows: unknown): Imported {
  if (!Array.isArray(rows))
    throw new UsageError('a list of rows is meant: select json_agg(s) from pgboss.schedule s');
  const [candidates, remarks, leftOut]: [Candidate[], string[], string[]] = [[], [], []];
  for (const [index, row] of rows.entries()) {
    const read = schedule.safeParse(row);
    if (!read.success) {
      leftOut.push(
        `row ${index + 1}: ${read.error.issues[0]?.path.join('.')}: ${read.error.issues[0]?.message}`,
      );
      continue;
    }
    const passed = Object.keys(read.data.options ?? {}).filter((name) => !known.includes(name));
    if (passed.length > 0)
      remarks.push(`${read.data.name}: no word here for its options ${passed.join(', ')}`);
    candidates.push(candidateOf(read.data));
  }
  return { candidates, remarks, leftOut };
}

const candidateOf = ({ name, key, cron, timezone, data, options }: Schedule): Candidate => ({
  key: key === undefined || key === null || key === '' ? name : `${name}/${key}`,
  fields: {
    schedPolicyType: 'CRON',
    schedPolicyExpr: cron,
    timeZone: timezone ?? 'UTC',
    hookClass: name,
    ...(data !== null && data !== undefined && { data: JSON.stringify(data) }),
    ...retryOf(options ?? {}),
    ...(options?.expireInSeconds !== undefined && { ackTimeout: `${options.expireInSeconds}s` }),
  },
});

function retryOf({ retryLimit, retryDelay, retryBackoff }: NonNullable<Schedule['options']>): object {
  if (retryLimit === undefined) return {};
  return {
    retry: {
      // there it counts the runs after the first
      maxAttempts: retryLimit + 1,
      backoff: retryBackoff === true ? 'exponential' : 'fixed',
      ...(retryDelay !== undefined && retryDelay > 0 && { min: `${retryDelay}s` }),
    },
  };
}

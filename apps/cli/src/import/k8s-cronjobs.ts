import { z } from 'zod';
import { yamlDocuments } from '../yaml-documents.js';
import type { Candidate, Imported } from './imported.js';

const cronJob = z.looseObject({
  kind: z.literal('CronJob'),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().min(1).optional() }),
  spec: z.looseObject({
    schedule: z.string(),
    timeZone: z.string().nullish(),
    suspend: z.boolean().nullish(),
    concurrencyPolicy: z.enum(['Allow', 'Forbid', 'Replace']).nullish(),
    startingDeadlineSeconds: z.number().nonnegative().nullish(),
    jobTemplate: z.unknown(),
  }),
});
type CronJob = z.output<typeof cronJob>;

/** CronJobs of YAML or JSON (`kubectl get cronjobs -o yaml` too). The data of each timer are its jobTemplate. */
export function fromCronJobs(text: string, hookClass: string): Imported {
  const [candidates, remarks, leftOut]: [Candidate[], string[], string[]] = [[], [], []];
  for (const item of itemsOf(text)) {
    const { kind } = item as { kind?: unknown };
    if (kind !== 'CronJob') {
      leftOut.push(`a ${typeof kind === 'string' ? kind : 'thing without a kind'} is no CronJob`);
      continue;
    }
    const read = cronJob.safeParse(item);
    if (read.success) bring(read.data, hookClass, { candidates, remarks, leftOut });
    else
      leftOut.push(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  return { candidates, remarks, leftOut };
}

interface Lists {
  readonly candidates: Candidate[];
  readonly remarks: string[];
  readonly leftOut: string[];
}

function bring({ metadata: { name, namespace }, spec }: CronJob, hookClass: string, lists: Lists): void {
  const { schedule, timeZone, suspend, concurrencyPolicy, startingDeadlineSeconds, jobTemplate } = spec;
  if (concurrencyPolicy === 'Replace') {
    lists.leftOut.push(
      `${name}: concurrencyPolicy Replace ends a run for the next one; a timer waits for its close`,
    );
    return;
  }
  if (concurrencyPolicy !== 'Forbid')
    lists.remarks.push(
      `${name}: its runs may overlap there; here the next waits until the one before is closed`,
    );
  if (timeZone === null || timeZone === undefined)
    lists.remarks.push(`${name}: names no timeZone, so it is UTC here; there it is that of the controller`);
  lists.candidates.push({
    ...(namespace !== undefined && { namespace }),
    key: name,
    fields: {
      schedPolicyType: 'CRON',
      schedPolicyExpr: schedule,
      timeZone: timeZone ?? 'UTC',
      hookClass,
      ...(suspend === true && { enable: false }),
      ...(typeof startingDeadlineSeconds === 'number' && {
        missed: { serviceDown: { policy: 'latest', within: `${startingDeadlineSeconds}s` } },
      }),
      data: JSON.stringify({ jobTemplate }),
    },
  });
}

function itemsOf(text: string): object[] {
  return yamlDocuments(text).flatMap((document) => {
    const value = document as { kind?: unknown; items?: unknown } | null;
    if (value === null || typeof value !== 'object') return [];
    const isList =
      typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items);
    return isList ? (value.items as object[]) : [value];
  });
}

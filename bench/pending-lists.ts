import type { PageRequest } from '#engine';
import { openPostgresQueries } from '#postgres';
import type { EpochMs, TimerCondition } from '#timer';
import { quantile } from './lateness.js';
import { dayStart } from './pending-population.js';

const rounds = 100;
const minuteMs = 60_000;

interface Question {
  readonly name: string;
  readonly order?: PageRequest['order'];
  readonly condition: (n: number) => TimerCondition;
}
const minute = (n: number): EpochMs => (dayStart + 43_200_000 + n * minuteMs) as EpochMs;
const key = (n: number): string => `order-${String(n * 7_919).padStart(9, '0')}`;

const questions: readonly Question[] = [
  { name: 'everything, by next time', order: 'nextFireTime', condition: () => ({}) },
  { name: 'namespace (2%)', condition: (n) => ({ namespace: `tenant-${n % 50}` }) },
  { name: 'key (one timer)', condition: (n) => ({ key: key(n) }) },
  { name: 'key prefix (10,000)', condition: (n) => ({ keyPrefix: key(n).slice(0, -4) }) },
  { name: 'tag (1%)', condition: (n) => ({ tags: [`team-${n % 100}`] }) },
  { name: 'tag (0.01%)', condition: () => ({ tags: ['rare'] }) },
  { name: 'hook class (10%)', condition: (n) => ({ hookClass: `hooks-${n % 10}` }) },
  {
    name: 'due within a minute (0.07%)',
    condition: (n) => ({ dueFrom: minute(n), dueBefore: minute(n + 1) }),
  },
  {
    name: 'namespace, due within an hour (0.08%)',
    condition: (n) => ({ namespace: `tenant-${n % 50}`, dueFrom: minute(0), dueBefore: minute(60) }),
  },
];

export interface ListResult {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
}

/** First pages of 100, one query at a time, as `bench:queries` asks them. */
export async function measureLists(databaseUrl: string): Promise<readonly ListResult[]> {
  const reading = openPostgresQueries({
    databaseUrl,
    applicationName: 'bench',
    log: { warn: () => undefined },
    statementTimeoutMs: 60_000,
    connectionsMax: 1,
  });
  const results: ListResult[] = [];
  try {
    for (const { name, order, condition } of questions) {
      const times: number[] = [];
      for (let n = 0; n < rounds; n += 1) {
        const startedAt = performance.now();
        await reading.queries.list(condition(n), {
          ...(order !== undefined && { order }),
          limit: 100,
          after: null,
        });
        times.push(performance.now() - startedAt);
      }
      times.sort((a, b) => a - b);
      const at = (share: number): number => Number(quantile(times, share).toFixed(1));
      results.push({ name, p50: at(0.5), p99: at(0.99) });
    }
  } finally {
    await reading.close();
  }
  return results;
}

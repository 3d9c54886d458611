import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres, freePort } from '#embedded';
import type { PageRequest } from '#engine';
import { migrate, openPostgresQueries } from '#postgres';
import type { EpochMs, TimerCondition } from '#timer';
import { generateTimers } from '../test/harness/generate-timers.js';
import { quantile } from './lateness.js';
import { partitions } from './stage.js';

// `npm run bench:queries`: a page of 100 by each filter, from the middle and the beginning of what it finds, one query at
// a time on one connection. Beside the times, the CPU that a page costs the database and this process: that is the same on
// a crowded machine. QUERY_TIMERS and QUERY_ROUNDS make it smaller.

const timers = Number(process.env.QUERY_TIMERS ?? 1_000_000);
const rounds = Number(process.env.QUERY_ROUNDS ?? 300);
const pageSize = 100;
const dayMs = 86_400_000;
const clockTickMs = 10;

interface Question {
  readonly name: string;
  readonly order?: PageRequest['order'];
  /** Of the n-th round: values differ, so that it is not one page again and again. */
  readonly condition: (n: number) => TimerCondition;
}

const key = (n: number): string => `order-${String((n * 7_919) % timers).padStart(9, '0')}`;
const tomorrow = (Math.floor(Date.now() / dayMs) + 1) * dayMs;
const from = (ms: number): EpochMs => (tomorrow + ms) as EpochMs;

const questions: readonly Question[] = [
  { name: 'everything, by id', condition: () => ({}) },
  { name: 'everything, by key', order: 'key', condition: () => ({}) },
  { name: 'everything, by next time', order: 'nextFireTime', condition: () => ({}) },
  { name: 'namespace (2%)', condition: (n) => ({ namespace: `tenant-${n % 50}` }) },
  { name: 'key (one timer)', condition: (n) => ({ key: key(n) }) },
  {
    name: 'namespace and key (one timer)',
    condition: (n) => ({ namespace: `tenant-${((n * 7_919) % timers) % 50}`, key: key(n) }),
  },
  { name: 'key prefix (10,000)', condition: (n) => ({ keyPrefix: key(n).slice(0, -4) }) },
  { name: 'key prefix (100)', condition: (n) => ({ keyPrefix: key(n).slice(0, -2) }) },
  {
    name: 'namespace and key prefix (2,000)',
    condition: (n) => ({ namespace: `tenant-${n % 50}`, keyPrefix: key(n).slice(0, -5) }),
  },
  { name: 'tag (50%)', condition: () => ({ tags: ['eu'] }) },
  { name: 'tag (1%)', condition: (n) => ({ tags: [`team-${n % 100}`] }) },
  { name: 'tag (100 timers)', condition: () => ({ tags: ['rare'] }) },
  { name: 'tag newer than statistics (100 timers)', condition: () => ({ tags: ['new'] }) },
  {
    name: 'the same, enabled, by next time',
    order: 'nextFireTime',
    condition: () => ({ tags: ['new'], enable: true }),
  },
  { name: 'tag of the newest timers only (5%)', condition: () => ({ tags: ['late'] }) },
  { name: 'two tags (0.5%)', condition: (n) => ({ tags: ['eu', `team-${n % 100}`] }) },
  { name: 'hook class (10%)', condition: (n) => ({ hookClass: `hooks-${n % 10}` }) },
  { name: 'status waiting (93%)', condition: () => ({ status: ['waiting'] }) },
  { name: 'status open (1%)', condition: () => ({ status: ['open'] }) },
  { name: 'status paused (2%)', condition: () => ({ status: ['paused'] }) },
  { name: 'status faulted or ended (2%)', condition: () => ({ status: ['faulted', 'ended'] }) },
  { name: 'enabled (98%)', condition: () => ({ enable: true }) },
  { name: 'not enabled (2%)', condition: () => ({ enable: false }) },
  {
    name: 'due within a minute (20)',
    condition: (n) => ({ dueFrom: from(n * 60_000), dueBefore: from((n + 1) * 60_000) }),
  },
  { name: 'due within a day (3%)', condition: (n) => ({ dueFrom: from(n * 1_000), dueBefore: from(dayMs) }) },
  { name: 'due from now on (93%)', condition: () => ({ dueFrom: from(0) }) },
  {
    name: 'due at one midnight (10%)',
    condition: () => ({ dueFrom: from(5 * dayMs), dueBefore: from(5 * dayMs + 1) }),
  },
  {
    name: 'namespace, due within a day (0.07%)',
    condition: (n) => ({ namespace: `tenant-${n % 50}`, dueFrom: from(0), dueBefore: from(dayMs) }),
  },
  {
    name: 'namespace and not a tag (1%)',
    condition: (n) => ({ namespace: `tenant-${n % 50}`, not: { tags: ['eu'] } }),
  },
  {
    name: 'one of two hook classes, or paused (21%)',
    condition: (n) => ({
      or: [{ hookClass: `hooks-${n % 10}` }, { hookClass: 'hooks-0' }, { status: ['paused'] }],
    }),
  },
];

const shown = (ms: number): string => ms.toFixed(1).padStart(6);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const dataDir = join(process.cwd(), '.carillon', `bench-queries-${process.pid}`);
const server = new EmbeddedPostgres({ dataDir, port: await freePort() });
await server.start();
const pool = new pg.Pool({ connectionString: server.databaseUrl, max: 1 });
// it says that it has ended before its last socket is closed, and the server ends what is left
pool.on('error', (error) => say(error.message));
const reading = openPostgresQueries({
  databaseUrl: server.databaseUrl,
  applicationName: 'bench',
  log: { warn: (_, message) => say(message) },
  statementTimeoutMs: 60_000,
  connectionsMax: 1,
});
try {
  await migrate(server.databaseUrl, partitions);
  const startedAt = performance.now();
  await generateTimers(pool, timers);
  await pool.query(`update timer_spec set tags = tags || '{new}' where key like 'order-%0042'`);
  await pool.query(
    `update timer_spec set tags = tags || '{late}' where id in (select id from timer_spec order by id desc limit ${timers / 20})`,
  );
  say(`${timers} timers made in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  say(`${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${new Date().toISOString()}\n`);
  const results = [];
  for (const question of questions) {
    const result = await measure(question);
    results.push(result);
    say(
      `${result.name.padEnd(42)} CPU ${shown(result.cpuMs)}, p50 ${shown(result.p50)}, p99 ${shown(result.p99)}, max ${shown(result.max)} ms, ${result.timersPerPage} a page`,
    );
  }
  mkdirSync('artifacts', { recursive: true });
  writeFileSync('artifacts/bench-queries.json', `${JSON.stringify({ timers, rounds, results }, null, 2)}\n`);
} finally {
  await reading.close();
  await pool.end();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Every other page is a second page: it begins at a cursor. */
async function measure({ name, order, condition }: Question) {
  const ask = (n: number, after: string | null) =>
    reading.queries.list(condition(n), { ...(order !== undefined && { order }), limit: pageSize, after });
  for (let n = 0; n < 5; n += 1) await ask(n, null);
  const times: number[] = [];
  let found = 0;
  const cpuBefore = await cpuSoFarMs();
  for (let n = 0; n < rounds; n += 1) {
    const cursor = n % 2 === 0 ? null : (await ask(n, null)).next;
    const startedAt = performance.now();
    const page = await ask(n, cursor);
    times.push(performance.now() - startedAt);
    found += page.timers.length;
  }
  // every other round asked twice
  const cpuMs = ((await cpuSoFarMs()) - cpuBefore) / (rounds * 1.5);
  times.sort((a, b) => a - b);
  return {
    name,
    cpuMs,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: times.at(-1) ?? 0,
    timersPerPage: Math.round(found / rounds),
  };
}

/** Of this process and of the one backend that answers it. */
async function cpuSoFarMs(): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'bench'`,
  );
  const fields = readFileSync(`/proc/${rows[0]?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + (Number(fields[11]) + Number(fields[12])) * clockTickMs;
}

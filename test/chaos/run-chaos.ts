import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { topicsOf } from '#contract';
import { Random } from '#testing';
import { eventually } from '../harness/wait.js';
import { ChaosServers } from './chaos-servers.js';
import { type Scheduled, scheduleOf, strike, textOf } from './faults.js';
import { apps, Fleet } from './fleet.js';
import { Load } from './load.js';
import { type ChaosReport, isSettled, reportOf } from './report.js';

export interface ChaosSettings {
  readonly seed: number;
  readonly forMs: number;
  readonly createsPerSecond: number;
  readonly say: (line: string) => void;
}

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
/** What broke last is whole; retries, deadlines and sessions have this long to run out. */
const settledWithinMs = 90_000;

/** Real servers and processes under load, broken one way after another; what became of every due time is counted at the end. */
export async function runChaos({ seed, forMs, createsPerSecond, say }: ChaosSettings): Promise<ChaosReport> {
  const homeDir = join(process.cwd(), '.carillon');
  // not a temporary folder of the system's making: the database runs as a user of its own, who must get in
  const dataDir = join(homeDir, `chaos-${randomUUID().slice(0, 8)}`);
  mkdirSync(dataDir, { recursive: true });
  const servers = await ChaosServers.start(homeDir, dataDir);
  const prefix = `c${randomUUID().slice(0, 8)}`;
  const kafka = { brokers: [servers.brokers], clientId: 'chaos', log: quiet };
  const fleet = new Fleet(environment(servers, prefix));
  const pool = new pg.Pool({ connectionString: servers.quietDatabaseUrl, max: 2 });
  // the database is killed under it, too
  pool.on('error', () => undefined);
  try {
    if (servers.disk.blocked !== null) say(`disk-full is left out: ${servers.disk.blocked}`);
    await Promise.all(apps.flatMap((app) => [fleet.start(app), fleet.start(app)]));
    const load = new Load(kafka, prefix, createsPerSecond);
    load.start();
    const struck = await storm(scheduleOf(new Random(seed)), forMs, servers, fleet, say);
    const faults = Object.values(struck).reduce((sum, count) => sum + count, 0);
    say(`${faults} faults in ${Math.round(forMs / 1_000)} s; settling`);
    await load.stop();
    await settled(pool, load.created, say);
    const counted = await reportOf(pool, kafka, topicsOf(prefix).due('h'), load.created);
    return { ...counted, struck, roomRefusals: servers.roomRefusals };
  } finally {
    await fleet.end();
    for (const problem of fleet.problems) say(`a process did not come up: ${problem}`);
    await pool.end();
    await servers.stop();
  }
}

async function storm(
  schedule: readonly Scheduled[],
  forMs: number,
  servers: ChaosServers,
  fleet: Fleet,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const until = Date.now() + forMs;
  const struck: Record<string, number> = {};
  for (const scheduled of schedule) {
    await new Promise((resolve) => setTimeout(resolve, scheduled.afterMs));
    if (Date.now() >= until) break;
    const { fault } = scheduled;
    if (fault.kind === 'disk-full' && servers.disk.blocked !== null) continue;
    say(textOf(scheduled));
    await strike(fault, servers, fleet);
    const name = 'server' in fault ? `${fault.kind} ${fault.server}` : fault.kind;
    struck[name] = (struck[name] ?? 0) + 1;
  }
  return struck;
}

/** Every one-shot is over; what is not within the time is told in the report. */
async function settled(pool: pg.Pool, created: number, say: (line: string) => void): Promise<void> {
  await eventually(
    'every event is closed',
    // a connection of before the last restart may break once more
    () => isSettled(pool, created).catch(() => false),
    settledWithinMs,
  ).catch((error: unknown) => say(String(error)));
}

const environment = (servers: ChaosServers, prefix: string): Record<string, string> => ({
  KAFKA_BROKERS: servers.brokers,
  DATABASE_URL: servers.databaseUrl,
  TOPIC_PREFIX: prefix,
  SCHEDULER_GROUP_ID: `${prefix}-scheduler`,
  FIRE_GROUP_ID: `${prefix}-fire`,
});

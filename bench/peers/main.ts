import { mkdirSync, writeFileSync } from 'node:fs';
import { median, pause, until } from '../stage.js';
import { PeerProcess } from './peer-process.js';
import { type Setting, settings } from './settings.js';

// `npm run bench:peers`: each peer in its best documented configuration, one after the other, on the same machine in the same run and on the
// same work. `-- carillon pg-boss` runs those named; PEERS_PENDING=0 leaves the million out, PEERS_RUNS is 3.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const pendingCount = Number(process.env.PEERS_PENDING ?? 1_000_000);
const runs = Number(process.env.PEERS_RUNS ?? 3);
const latenessSeconds = 10;
const heldJobs = 20;
/** How long a killed worker's jobs are waited for. */
const patienceS = 70;

interface Figures {
  batchPerSecond: number[];
  singlePerSecond: number[];
  drainedPerSecond: number[];
  latenessAt: Record<string, { p50: number[]; p99: number[]; max: number[] }>;
  /** After kill -9 of the worker with open jobs, s; null: not within the patience. */
  recoveredAfterS: number | null;
  pending: { count: number; p50: number; p99: number } | null;
}

const wanted = process.argv.slice(2);
const chosen = settings.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
mkdirSync('artifacts', { recursive: true });
const all: Record<string, Figures> = {};
for (const setting of chosen) setting.install();
for (const setting of chosen) {
  const backing = await setting.open();
  try {
    all[setting.name] = await measure(setting, backing.url);
    writeFileSync('artifacts/bench-peers.json', `${JSON.stringify(all, null, 2)}\n`);
  } finally {
    PeerProcess.killAll();
    await backing.close();
  }
}
process.exit(0);

async function measure(setting: Setting, url: string): Promise<Figures> {
  say(`\n${setting.name}  ${setting.version()}`);
  const start = (): Promise<PeerProcess> => PeerProcess.start(setting.command, url);
  const figures: Figures = {
    batchPerSecond: [],
    singlePerSecond: [],
    drainedPerSecond: [],
    latenessAt: {},
    recoveredAfterS: null,
    pending: null,
  };
  const client = await start();
  const farAway = Date.parse('2035-01-01T00:00:00Z');
  for (let run = 0; run < runs; run += 1) {
    const batch = await client.ask({ op: 'batch', count: 20_000, dueAt: farAway, everyMs: 0 });
    figures.batchPerSecond.push(Math.round(20_000 / (batch.tookMs / 1_000)));
    const single = await client.ask({ op: 'single', count: 5_000, dueAt: farAway });
    figures.singlePerSecond.push(Math.round(5_000 / (single.tookMs / 1_000)));
  }
  say(
    `  accepted a second: by batch ${median(figures.batchPerSecond)}, by single calls, 50 in flight, ${median(figures.singlePerSecond)}`,
  );

  const worker = await start();
  await worker.ask({ op: 'work', hold: false });
  for (let run = 0; run < runs; run += 1) figures.drainedPerSecond.push(await drain(client, worker, 20_000));
  say(`  a backlog of 20,000 that falls due at once: ${median(figures.drainedPerSecond)} a second`);
  for (const rate of [200, 1_000]) {
    const at = { p50: [] as number[], p99: [] as number[], max: [] as number[] };
    for (let run = 0; run < runs; run += 1) {
      const { p50, p99, max } = await lateness(client, worker, rate);
      at.p50.push(p50);
      at.p99.push(p99);
      at.max.push(max);
    }
    figures.latenessAt[rate] = at;
    say(
      `  lateness at ${rate}: p50 ${median(at.p50)}, p99 ${median(at.p99)} (${Math.min(...at.p99)}–${Math.max(...at.p99)}), max ${median(at.max)} ms`,
    );
  }
  await worker.end();
  figures.recoveredAfterS = await recovery(client, start);
  say(
    `  kill -9 of the worker with open jobs, defaults: ${figures.recoveredAfterS ?? `not within ${patienceS}`} s`,
  );
  if (pendingCount > 0) {
    await client.ask({ op: 'batch', count: pendingCount, dueAt: farAway, everyMs: 0 });
    const again = await start();
    await again.ask({ op: 'work', hold: false });
    await lateness(client, again, 200);
    const { p50, p99 } = await lateness(client, again, 200);
    figures.pending = { count: pendingCount, p50, p99 };
    say(`  with ${pendingCount} pending, lateness at 200: p50 ${p50}, p99 ${p99} ms`);
    await again.end();
  }
  await client.end();
  return figures;
}

/** All due at one moment while the worker waits: from then to the last that was handled. */
async function drain(client: PeerProcess, worker: PeerProcess, count: number): Promise<number> {
  const before = (await worker.ask({ op: 'report' })).handled;
  const dueAt = Date.now() + 8_000;
  await client.ask({ op: 'batch', count, dueAt, everyMs: 0 });
  await pause(dueAt - Date.now());
  await until(
    'the backlog is handled',
    async () => (await worker.ask({ op: 'report' })).handled >= before + count,
    120_000,
  );
  return Math.round(count / ((Date.now() - dueAt) / 1_000));
}

/** Of all that fall due within the time, however late the last of them is handled. */
async function lateness(client: PeerProcess, worker: PeerProcess, rate: number) {
  const count = rate * latenessSeconds;
  const dueAt = Date.now() + 4_000;
  await client.ask({ op: 'batch', count, dueAt, everyMs: 1_000 / rate });
  // not once the first is due: a quick peer has handled it by then
  const before = (await worker.ask({ op: 'report' })).handled;
  await worker.ask({ op: 'reset' });
  await pause(dueAt + latenessSeconds * 1_000 - Date.now());
  await until(
    'all are handled',
    async () => (await worker.ask({ op: 'report' })).handled >= before + count,
    30_000,
  );
  return worker.ask({ op: 'report' });
}

/** A worker that holds jobs is killed; another begins at once. Until the last of those jobs is handled. */
async function recovery(client: PeerProcess, start: () => Promise<PeerProcess>): Promise<number | null> {
  const victim = await start();
  await victim.ask({ op: 'work', hold: true });
  await client.ask({ op: 'batch', count: heldJobs, dueAt: Date.now(), everyMs: 0 });
  await until('jobs are held', async () => (await victim.ask({ op: 'report' })).handled === heldJobs, 30_000);
  victim.kill();
  const killedAt = performance.now();
  const other = await start();
  await other.ask({ op: 'work', hold: false });
  try {
    await until(
      'they are handled',
      async () => (await other.ask({ op: 'report' })).handled >= heldJobs,
      patienceS * 1_000,
    );
    return Math.round((performance.now() - killedAt) / 1_000);
  } catch {
    return null;
  } finally {
    await other.end();
  }
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres, freePort } from '#embedded';
import { migrate } from '#postgres';
import { measureLateness, type Spread, skipKeys, tookOverMs } from './measures.js';
import { coldTakeOver } from './pending-cold.js';
import { type DaySample, liveDay } from './pending-day.js';
import { sizes, type VacuumFacts, vacuumFacts, walFacts } from './pending-facts.js';
import { measureLists } from './pending-lists.js';
import { populate } from './pending-population.js';
import { stretches, watchDay } from './pending-watch.js';
import { wear } from './pending-wear.js';
import { partitions, pause, Stage, type Subject } from './stage.js';

// `npm run bench:pending`: 1,000,000 timers that wait, then 10,000,000 in the same database, and a day of theirs squeezed into an
// hour. Step by step, with the data kept between: -- generate <timers> | measure | day <seconds> [reader] | wear <hours> |
// cold <timers> <late ms> | remove; BENCH_DATA_DIR says where.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const show = ({ median, low, high }: Spread): string => `${median} (${low}–${high})`;
const mb = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
const dataDir = process.env.BENCH_DATA_DIR ?? join(process.cwd(), '.carillon', 'bench-pending');
const settleMs = 5_000;

async function generate(count: number): Promise<void> {
  const server = new EmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), port: await freePort() });
  await server.start();
  try {
    say(`${await populate(server.databaseUrl, count, say)} timers are there`);
  } finally {
    await server.stop();
  }
}

async function onStage(run: (stage: Stage) => Promise<object>, file: string): Promise<void> {
  const stage = await Stage.open(dataDir);
  const startedAt = new Date().toISOString();
  try {
    await migrate(stage.servers.databaseUrl, partitions);
    const [left] = await stage.sql<{ n: number }>(
      `select count(*)::int as n from timer_spec where namespace = 'bench'`,
    );
    skipKeys(left?.n ?? 0);
    const timers = await stage.logged();
    say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${startedAt}; ${timers} facts in the log`);
    const result = await run(stage);
    mkdirSync('artifacts', { recursive: true });
    writeFileSync(
      `artifacts/${file}-${startedAt}.json`,
      `${JSON.stringify({ startedAt, ...result }, null, 2)}\n`,
    );
  } finally {
    await stage.close();
  }
}

/** Of a fresh fire process: how long it takes all slots over. */
async function takeOver(stage: Stage): Promise<{ readonly fire: Subject; readonly tookMs: number }> {
  const fire = await stage.start('fire');
  return { fire, tookMs: await tookOverMs(fire) };
}

async function lateness(stage: Stage, fire: Subject, hook: Subject, rate: number, seconds: number) {
  const result = await measureLateness(stage, fire, hook, rate, seconds);
  say(`lateness at ${rate}: p50 ${show(result.p50)}, p99 ${show(result.p99)}, max ${show(result.max)} ms`);
  return result;
}

async function measure(stage: Stage): Promise<object> {
  const relations = await sizes(stage);
  for (const { relation, bytes } of relations) say(`${relation.padEnd(32)} ${mb(bytes)}`);
  const scheduler = await stage.start('scheduler');
  const hook = await stage.start('hook');
  const first = await takeOver(stage);
  await stage.end(first.fire, 'SIGTERM');
  const { fire, tookMs } = await takeOver(stage);
  say(`all slots taken over in ${first.tookMs}, then ${tookMs} ms`);
  await pause(settleMs);
  const late = [await lateness(stage, fire, hook, 200, 30), await lateness(stage, fire, hook, 1_000, 30)];
  const resident = { fire: stage.residentMb(fire), scheduler: stage.residentMb(scheduler) };
  say(`resident: fire ${resident.fire} MB, scheduler ${resident.scheduler} MB`);
  const lists = await measureLists(stage.servers.databaseUrl);
  for (const { name, p50, p99 } of lists) say(`${name.padEnd(38)} p50 ${p50}, p99 ${p99} ms`);
  return { relations, takeOverMs: [first.tookMs, tookMs], lateness: late, resident, lists };
}

/** @param hasReader somebody holds a snapshot open meanwhile: nothing that dies can be taken away */
async function day(stage: Stage, seconds: number, hasReader: boolean): Promise<object> {
  const { databaseUrl } = stage.servers;
  const scheduler = await stage.start('scheduler');
  const hook = await stage.start('hook');
  const { fire } = await takeOver(stage);
  await pause(settleMs);
  const reader = new pg.Client({ connectionString: databaseUrl });
  if (hasReader) {
    await reader.connect();
    await reader.query('begin isolation level repeatable read');
    await reader.query('select from topology');
  }
  const [before, walBefore, loggedBefore] = [
    await vacuumFacts(stage),
    await walFacts(stage),
    await stage.logged(),
  ];
  const cpuBefore = stage.cpuSeconds();
  const lives: DaySample[] = [];
  const going = liveDay(databaseUrl, seconds, lives);
  const watched = { isOver: false };
  const watching = watchDay(stage, lives, watched, say);
  const late = await lateness(stage, fire, hook, 200, seconds - 15);
  const lived = await going;
  watched.isOver = true;
  const samples = await watching;
  const walAfter = await walFacts(stage);
  const fires = ((await stage.logged()) - loggedBefore) / 2;
  const wal = {
    bytes: walAfter.bytes - walBefore.bytes,
    pages: walAfter.pages - walBefore.pages,
    checkpoints: walAfter.checkpoints - walBefore.checkpoints,
  };
  const after = await vacuumFacts(stage);
  const cpu = (stage.cpuSeconds().postgres ?? 0) - (cpuBefore.postgres ?? 0);
  if (hasReader) await reader.end();
  say(
    `${lived.fires} fires in ${Math.round(lived.seconds)} s, at the end ${Math.round(lives.at(-1)?.behindMs ?? 0)} ms behind, ${lived.readsCutOff} reads cut off; with those whose lateness is measured a fire cost ${Math.round(wal.bytes / fires)} bytes of WAL, ${(wal.pages / fires).toFixed(1)} whole pages, with ${wal.checkpoints} checkpoints, and ${Math.round((cpu / fires) * 1e6)} µs of Postgres`,
  );
  for (const line of stretches(lives, samples)) say(line);
  for (const facts of after)
    say(
      growth(
        before.find(({ table }) => table === facts.table),
        facts,
      ),
    );
  say(`resident: fire ${stage.residentMb(fire)} MB, scheduler ${stage.residentMb(scheduler)} MB`);
  return { seconds, hasReader, lived, lives, samples, fires, wal, cpu, before, after, lateness: late };
}

function growth(before: VacuumFacts | undefined, after: VacuumFacts): string {
  const rise = (name: Exclude<keyof VacuumFacts, 'table'>): number => after[name] - (before?.[name] ?? 0);
  return `${after.table.padEnd(18)} ${rise('updates')} updates, ${rise('hotUpdates')} of them HOT; dead ${before?.dead ?? 0} → ${after.dead}; ${rise('vacuums')} vacuums, ${rise('vacuumSeconds').toFixed(1)} s; table ${mb(before?.heapBytes ?? 0)} → ${mb(after.heapBytes)}, indexes ${mb(before?.indexBytes ?? 0)} → ${mb(after.indexBytes)}`;
}

/** The hours before the day's last one. */
async function wearOff(stage: Stage, hours: number): Promise<object> {
  const startedAt = performance.now();
  const updated = await wear(stage, 23 - hours, hours);
  const seconds = (performance.now() - startedAt) / 1_000;
  say(`${updated} timers updated in ${Math.round(seconds)} s`);
  return { updated, seconds };
}

async function cold(due: number, lateMs: number): Promise<void> {
  const { startedInMs, loads, lateness: late } = await coldTakeOver(dataDir, due, lateMs, say);
  say(
    `started, with the first read of what is due, in ${startedInMs} ms; reads: ${loads.map(({ timers, tookMs }) => `${timers} in ${tookMs}`).join(', ')} ms`,
  );
  say(`lateness of ${late.count}: p50 ${late.p50}, p99 ${late.p99}, max ${late.max} ms`);
}

const remove = (): void => rmSync(dataDir, { recursive: true, force: true });

const [step, argument, more] = process.argv.slice(2);
if (step === 'generate') await generate(Number(argument));
else if (step === 'measure') await onStage(measure, 'bench-pending');
else if (step === 'day')
  await onStage((stage) => day(stage, Number(argument), more === 'reader'), 'bench-pending-day');
else if (step === 'wear') await onStage((stage) => wearOff(stage, Number(argument)), 'bench-pending-wear');
else if (step === 'cold') await cold(Number(argument), Number(more));
else if (step === 'remove') remove();
else {
  for (const count of [1_000_000, 10_000_000]) {
    await generate(count);
    await onStage(measure, 'bench-pending');
    await onStage((stage) => day(stage, 240, false), 'bench-pending-day');
  }
  remove();
}
process.exit(0);

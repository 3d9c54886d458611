import { cpus } from 'node:os';
import type { LatenessReport } from './lateness.js';
import { median, pause, Stage, type Subject } from './stage.js';

// `npm run bench:calls`: timers created by single calls, each awaited, so many callers at a time. BENCH_CALLERS=50,500 names others,
// BENCH_CLIENTS=2 spreads them over as many client processes, BENCH_ROUNDS is 3. A fire service follows the feed beside them.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const callers = (process.env.BENCH_CALLERS ?? '50,200,500,1000,2000').split(',').map(Number);
const clientCount = Number(process.env.BENCH_CLIENTS ?? 1);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const measuredMs = 3_000;
const warmUpMs = 5_000;

type CallReport = LatenessReport & { readonly tookMs: number };
interface CallFigures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** µs a call, by process, as text. */
  readonly cpu: string;
}

const stage = await Stage.open();
say(
  `\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${new Date().toISOString()}; ${clientCount} client processes\n`,
);
try {
  await stage.start('scheduler');
  await stage.start('fire');
  const clients: Subject[] = [];
  while (clients.length < clientCount) clients.push(await stage.start('caller'));
  await measure(clients, 200, warmUpMs);
  await measure(clients, 1_000, warmUpMs);
  for (const count of callers) {
    const runs: CallFigures[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await measure(clients, count, measuredMs));
    const of = (name: keyof CallFigures): string => {
      const values = runs.map((run) => Number(run[name]));
      return `${median(values)} (${Math.min(...values)}–${Math.max(...values)})`;
    };
    say(
      `${String(count).padStart(5)} callers  ${of('perSecond')} a second, p50 ${of('p50')}, p99 ${of('p99')} ms`,
    );
    say(`               CPU µs a call ${runs.at(-1)?.cpu}`);
  }
} finally {
  await stage.close();
}
process.exit(0);

async function measure(clients: readonly Subject[], count: number, forMs: number): Promise<CallFigures> {
  // what the run before has left to the relay and to the fire service is not this one's
  await pause(500);
  const before = stage.cpuSeconds();
  const share = Math.ceil(count / clients.length);
  const reports = await Promise.all(clients.map((client) => client.ask<CallReport>(`${share} ${forMs}`)));
  const after = stage.cpuSeconds();
  const calls = reports.reduce((sum, report) => sum + report.count, 0);
  const tookMs = Math.max(...reports.map((report) => report.tookMs));
  const usOf = (seconds: number): number => Math.round((seconds / calls) * 1e6);
  const spent = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
  const together = spent.reduce((sum, [, seconds]) => sum + seconds, 0);
  return {
    perSecond: Math.round((calls / tookMs) * 1_000),
    p50: median(reports.map(({ p50 }) => p50)),
    p99: Math.max(...reports.map(({ p99 }) => p99)),
    cpu: `${usOf(together)} (${spent.map(([name, seconds]) => `${name} ${usOf(seconds)}`).join(', ')}), ${(together / (tookMs / 1_000)).toFixed(2)} cores`,
  };
}

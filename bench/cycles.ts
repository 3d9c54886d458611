import { cpus } from 'node:os';
import { measureCycles, measureLateness } from './measures.js';
import { pause, Stage } from './stage.js';

// `npm run bench:cycles`: full cycles and lateness, and what they cost each process, in a minute and a half: for before and after.
// BENCH_PROFILE=folder leaves a CPU profile of each process and thread there.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = 24;
function sayCpu(perThousand: Readonly<Record<string, number>>): void {
  const spent = Object.entries(perThousand);
  const together = spent.reduce((sum, [, value]) => sum + value, 0);
  say(
    `CPU s per 1,000   ${spent.map(([name, value]) => `${name} ${value}`).join(', ')}; together ${together.toFixed(3)}`,
  );
}

const stage = await Stage.open();
say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${new Date().toISOString()}\n`);
try {
  await stage.start('scheduler');
  const [hook, fire] = [await stage.start('hook'), await stage.start('fire')];
  await pause(3_000);
  const { perSecond, floorPerSecond, cpuPerThousand } = await measureCycles(stage, 3_000, seconds);
  say(`full cycles       ${perSecond} a second; floor ${floorPerSecond}`);
  sayCpu(cpuPerThousand);
  for (const rate of [200, 1_000]) {
    const { p50, p99, max, cpuPerThousand } = await measureLateness(stage, fire, hook, rate, 15);
    say(
      `lateness at ${String(rate).padEnd(5)} p50 ${p50.median}, p99 ${p99.median} (${p99.low}–${p99.high}), max ${max.median} ms`,
    );
    sayCpu(cpuPerThousand);
  }
} finally {
  await stage.close();
}
process.exit(0);

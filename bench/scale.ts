import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type CycleResult, measureCycles } from './measures.js';
import { pause, Stage, type Subject } from './stage.js';

// `npm run bench:scale`: full cycles with one scheduler and one fire service, with two of each, and with one again: what the
// machine did meanwhile shows in the third.

const timers = 3_000;
const seconds = 15;
/** Groups deal out their shares, and heaps are filled. */
const settledMs = 6_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const busyCores = ({ cpuPerThousand, perSecond }: CycleResult): number =>
  Object.values(cpuPerThousand).reduce((sum, spent) => sum + (spent * perSecond) / 1_000, 0);

const stage = await Stage.open();
const startedAt = new Date().toISOString();
say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${startedAt}\n`);
try {
  const startBoth = async (): Promise<Subject[]> => [
    await stage.start('scheduler'),
    await stage.start('fire'),
  ];
  const rounds: { readonly processes: string; readonly cycles: CycleResult }[] = [];
  const measure = async (processes: string): Promise<void> => {
    await pause(settledMs);
    const cycles = await measureCycles(stage, timers, seconds);
    rounds.push({ processes, cycles });
    const spent = Object.entries(cycles.cpuPerThousand).map(([name, value]) => `${name} ${value}`);
    say(
      `${processes.padEnd(16)} ${cycles.perSecond} a second; floor ${cycles.floorPerSecond}; ${busyCores(cycles).toFixed(2)} cores busy`,
    );
    say(`  CPU s per 1,000  ${spent.join(', ')}`);
  };
  await startBoth();
  await stage.start('hook');
  await measure('1 of each');
  const second = await startBoth();
  await measure('2 of each');
  for (const subject of second) await stage.end(subject, 'SIGTERM');
  await measure('1 of each again');
  mkdirSync('artifacts', { recursive: true });
  writeFileSync('artifacts/bench-scale.json', `${JSON.stringify({ startedAt, rounds }, null, 2)}\n`);
  say('\nartifacts/bench-scale.json holds these figures');
} finally {
  await stage.close();
}
process.exit(0);

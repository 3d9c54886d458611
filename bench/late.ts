import { cpus } from 'node:os';
import type { Trace } from './fire-trace.js';
import { LatenessSample } from './lateness.js';
import { fireSteadily, rest } from './measures.js';
import { pause, Stage } from './stage.js';
import { sum, waitsOf, whereTheyWaited } from './waits.js';

// `npm run bench:late`: lateness, and in which step the latest hundredth of the events waited; a minute.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => value.toFixed(1).padStart(8);
const seconds = 12;

const stage = await Stage.open();
say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${new Date().toISOString()}`);
try {
  await stage.start('scheduler');
  await stage.start('hook');
  const fire = await stage.start('fire', { BENCH_TRACE: 'on' });
  await pause(3_000);
  // the greater load first: it warms up what the smaller one would find cold
  for (const rate of [1_000, 200]) {
    await fireSteadily(stage, rate);
    await fire.ask<Trace>('trace');
    await pause(seconds * 1_000);
    const waits = waitsOf(await fire.ask<Trace>('trace'));
    await rest(stage);
    const sample = new LatenessSample();
    for (const steps of waits) sample.add(sum(steps));
    const { count, p50, p99, max } = sample.report();
    say(`\nlateness at ${rate}: p50 ${p50}, p99 ${p99}, max ${max} ms, of ${count}; mean ms of`);
    say(`${''.padEnd(24)}the middle half  the latest hundredth`);
    for (const { step, middle, latest } of whereTheyWaited(waits))
      say(`${step.padEnd(24)}${ms(middle)}${ms(latest)}`);
  }
} finally {
  await stage.close();
}
process.exit(0);

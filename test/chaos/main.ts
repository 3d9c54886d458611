import { parseArgs } from 'node:util';
import type { ChaosReport } from './report.js';
import { runChaos } from './run-chaos.js';

// npm run chaos: ten minutes of faults on real servers. The schedule comes out of the seed; what becomes of it does not.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50' },
  },
});
const startedAt = Date.now();
const say = (line: string): void =>
  void process.stdout.write(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);

say(`seed ${values.seed}`);
const report = await runChaos({
  seed: Number(values.seed),
  forMs: Number(values.minutes) * 60_000,
  createsPerSecond: Number(values.rate),
  say,
});
for (const [name, value] of Object.entries(report)) say(`${name}: ${textOf(value)}`);
process.exit(report.lost.length > 0 || report.findings.length > 0 ? 1 : 0);

function textOf(value: ChaosReport[keyof ChaosReport]): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return [value.length, ...value.slice(0, 5)].join('; ');
  return Object.entries(value)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

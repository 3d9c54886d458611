import { mkdirSync, writeFileSync } from 'node:fs';
import { defaultDst, type EpochMs, nextEventTime, type ScheduleSpec } from '#timer';

// How many next times a core computes a second. One process, one thread, no servers; prints a table and writes
// artifacts/next-time.json.

interface Case {
  readonly name: string;
  readonly spec: ScheduleSpec;
  /** A second; null: none is asked for. */
  readonly aim: number | null;
}
interface Measured {
  readonly name: string;
  readonly aSecond: number;
  readonly aim: number | null;
}

const base = { dst: defaultDst, enable: true, startAt: null, endAt: null, maxFires: null, timeZone: '' };
const cron = (expr: string, timeZone: string, aim: number | null = 20_000): Case => ({
  name: `CRON ${expr} ${timeZone}`,
  spec: { ...base, schedPolicyType: 'CRON', schedPolicyExpr: expr, timeZone },
  aim,
});
const beginning = Date.parse('2026-11-25T00:00:00Z') as EpochMs;
const cases: readonly Case[] = [
  {
    name: 'INTERVAL 1h',
    spec: { ...base, schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' },
    aim: 100_000,
  },
  {
    name: 'INTERVAL 90s on a grid',
    spec: { ...base, schedPolicyType: 'INTERVAL', schedPolicyExpr: '90s', startAt: beginning },
    aim: 100_000,
  },
  cron('*/5 * * * *', 'Europe/Paris'),
  cron('0 9 * * 1-5', 'Europe/Paris'),
  cron('30 2 * * *', 'America/New_York'),
  cron('0 0 1 1 *', 'Asia/Tokyo'),
  cron('0 0 1 1 *', 'Europe/Paris'),
  cron('0 0 29 2 *', 'Europe/Paris', null),
];

const roundMs = 400;
const rounds = 5;

/** The median of a few rounds, each of chained next times: the answer is the next question's watermark. */
function measure({ name, spec, aim }: Case): Measured {
  let at = beginning;
  const step = (): void => {
    const next = nextEventTime(spec, { createTime: at, watermark: at });
    // twenty years on, again from the beginning
    at = next.ok && next.at !== null && next.at < beginning + 20 * 365 * 86_400_000 ? next.at : beginning;
  };
  const speeds: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < roundMs) {
      for (let i = 0; i < 50; i += 1) step();
      count += 50;
    }
    // the first round warms up
    if (round > 0) speeds.push((count / (performance.now() - start)) * 1_000);
  }
  const median = speeds.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  return { name, aSecond: Math.round(median), aim };
}

const measured = cases.map(measure);
for (const { name, aSecond, aim } of measured) {
  const aimed = aim === null ? '' : `  (aim ${aim.toLocaleString('en-US')})`;
  process.stdout.write(
    `${name.padEnd(40)} ${aSecond.toLocaleString('en-US').padStart(11)} a second${aimed}\n`,
  );
}
mkdirSync('artifacts', { recursive: true });
writeFileSync(
  'artifacts/next-time.json',
  `${JSON.stringify({ node: process.version, measured }, null, 2)}\n`,
);
process.stdout.write(`${JSON.stringify({ measured })}\n`);

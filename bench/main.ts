import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import {
  measureCreates,
  measureCycles,
  measureKill,
  measureLateness,
  measurePending,
  type Spread,
} from './measures.js';
import { pause, Stage } from './stage.js';

// `npm run bench`: real servers, each process a process. BENCH_PENDING=0 leaves the million out.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const percent = (share: number): string => `${Math.round(share * 100)}%`;
const show = ({ median, low, high }: Spread): string => `${median} (${low}–${high})`;

const pendingCount = Number(process.env.BENCH_PENDING ?? 1_000_000);
const stage = await Stage.open();
const startedAt = new Date().toISOString();
say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${startedAt}\n`);
try {
  const creates = await measureCreates(stage, 60_000);
  say(
    `create                ${show(creates.perSecond)} a second; floor ${show(creates.floorPerSecond)}; ${percent(creates.shareOfFloor)} of it`,
  );

  await stage.start('scheduler');
  const hook = await stage.start('hook');
  const fire = await stage.start('fire');
  await pause(3_000);
  const cycles = await measureCycles(stage, 3_000, 24);
  say(
    `full cycles           ${cycles.perSecond} a second; floor ${cycles.floorPerSecond}; ${percent(cycles.shareOfFloor)} of it`,
  );
  say(
    `CPU s per 1,000       ${Object.entries(cycles.cpuPerThousand)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  );

  const lateness = [];
  for (const rate of [200, 1_000]) {
    const result = await measureLateness(stage, fire, hook, rate, 30);
    lateness.push(result);
    say(
      `lateness at ${String(rate).padEnd(9)} p50 ${show(result.p50)}, p99 ${show(result.p99)}, max ${show(result.max)} ms to Kafka's ack; p99 ${result.handlerP99} ms to the handler`,
    );
  }
  await stage.end(fire, 'SIGTERM');

  const kill = await measureKill(stage);
  say(
    `kill -9, one of two   ${kill.fires} fires, ${kill.lost} lost, ${kill.closedTwice} closed twice, worst lateness ${kill.worstLatenessMs} ms`,
  );

  const pending = pendingCount === 0 ? null : await measurePending(stage, pendingCount, hook);
  if (pending !== null) {
    say(
      `${pending.timers} pending  fire ${pending.fireResidentMb} MB resident, all slots taken over in ${pending.takeOverMs} ms, ${pending.bytesPerTimer} bytes on disk a timer`,
    );
    say(`  lateness at 200     p50 ${show(pending.lateness.p50)}, p99 ${show(pending.lateness.p99)} ms`);
  }
  mkdirSync('artifacts', { recursive: true });
  writeFileSync(
    'artifacts/bench.json',
    `${JSON.stringify({ startedAt, cpu: cpus()[0]?.model, creates, cycles, lateness, kill, pending }, null, 2)}\n`,
  );
  say('\nartifacts/bench.json holds these figures');
} finally {
  await stage.close();
}
process.exit(0);

import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { CommandWire } from '#contract';
import { openDelayQueue } from '#delays';
import { measureCycles } from './measures.js';
import { pause, Stage, until } from './stage.js';

// `npm run bench:delays`: delayed events beside the main job's own cycles, in one run; then expirations held and let go.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const events = Number(process.env.BENCH_EVENTS ?? 20_000);
const held = Number(process.env.BENCH_HELD ?? 100_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const inFlightMax = 4_000;

const stage = await Stage.open();
const perSecond = (count: number, tookMs: number): number => Math.round((count / tookMs) * 1_000);
/** When the last of them ended, by the log, which is not asked before: counting its facts all the time would take a core from what is measured. */
const lastEnd = async (): Promise<number> => {
  const [row] = await stage.sql<{ ms: string }>(
    `select extract(epoch from max(recorded_at)) * 1000 as ms from event_log where type = 'EventClosed' and record_key like 'delays/%'`,
  );
  return Number(row?.ms);
};
const factsAre = (count: number): Promise<void> =>
  until('all have ended', async () => (await stage.logged()) >= count, 120_000);

/** Of the process that creates; it is not there while others only fire, since it would follow the feed beside them. */
const openQueue = () =>
  openDelayQueue({
    kafka: { brokers: stage.servers.kafkaBrokers.split(','), clientId: 'bench-creates', log: quiet },
    triggers: {},
    callTimeoutMs: 120_000,
  });
let queue = openQueue();

/** As many calls as one process may have in flight, each answered. */
async function createAll(count: number, at: number): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await queue.create('bench', at, '{"invoice":17}');
    }
  };
  await Promise.all(Array.from({ length: inFlightMax }, lane));
  return performance.now() - startedAt;
}

/** Everything waits until one moment; from then to the last end. */
async function measureFires(expectedPerSecond: number) {
  // twice as long as creating will take
  const at = Date.now() + 3_000 + (events / expectedPerSecond) * 2_000;
  const createdPerSecond = perSecond(events, await createAll(events, at));
  if (Date.now() > at) throw new Error('creating took longer than the events wait: the machine is busy');
  await queue.stop();
  await pause(at - Date.now());
  const [cpuBefore, logged] = [stage.cpuSeconds(), await stage.logged()];
  // triggered; closed, which says that it ended
  await factsAre(logged + 2 * events);
  const cpuAfter = stage.cpuSeconds();
  const cpuPerThousand = Object.fromEntries(
    Object.entries(cpuAfter).map(([name, value]) => [
      name,
      Number((((value - (cpuBefore[name] ?? 0)) / events) * 1_000).toFixed(3)),
    ]),
  );
  return { createdPerSecond, firedPerSecond: perSecond(events, (await lastEnd()) - at), cpuPerThousand };
}

/** Created when due: creates, triggers and closes all at the same time, from the first call to the last end. */
async function measureTogether(): Promise<number> {
  const [startedAt, logged] = [Date.now(), await stage.logged()];
  await createAll(events, Date.now());
  await factsAre(logged + 3 * events);
  return perSecond(events, (await lastEnd()) - startedAt);
}

const residentOf = (): Record<string, number> =>
  Object.fromEntries(
    stage.subjects
      .filter(({ name }) => name === 'scheduler' || name === 'fire')
      .map((subject) => [subject.name, stage.residentMb(subject)]),
  );

/** Rounds of pause and resume over as many expirations; what the processes hold after each. */
async function measureHeld() {
  const key = (i: number): string => `held-${i}`;
  const of = (i: number) => ({ id: randomUUID(), namespace: 'expiry', key: key(i) });
  const phases: { readonly phase: string; readonly perSecond: number; readonly residentMb: object }[] = [];
  const run = async (phase: string, command: (i: number) => CommandWire): Promise<void> => {
    const before = await stage.logged();
    const startedAt = performance.now();
    for (let i = 0; i < held; i += 2_000)
      await stage.send(Array.from({ length: Math.min(2_000, held - i) }, (_, n) => command(i + n)));
    await until(phase, async () => (await stage.logged()) >= before + held, 240_000);
    phases.push({
      phase,
      perSecond: perSecond(held, performance.now() - startedAt),
      residentMb: residentOf(),
    });
    say(`  ${phase.padEnd(10)} ${phases.at(-1)?.perSecond} a second; ${JSON.stringify(residentOf())} MB`);
  };
  await run('create', (i) => ({
    type: 'CreateTimer',
    ...of(i),
    timer: {
      schedPolicyType: 'ONCE',
      schedPolicyExpr: '2030-01-01T00:00:00Z',
      hookClass: 'expiry.session',
      needsClaim: true,
      maxPause: '10m',
    },
  }));
  for (let round = 1; round <= rounds; round += 1) {
    await run(`pause ${round}`, (i) => ({ type: 'PauseTimer', ...of(i), token: 'update', recall: true }));
    await run(`resume ${round}`, (i) => ({ type: 'ResumeTimer', ...of(i), token: 'update' }));
  }
  return phases;
}

const startedAt = new Date().toISOString();
say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${startedAt}\n`);
try {
  await stage.start('scheduler');
  const hook = await stage.start('hook');
  await stage.start('fire');
  await pause(3_000);
  const cycles = await measureCycles(stage, 3_000, 24);
  await stage.end(hook, 'SIGTERM');
  say(`full cycles of the main job      ${cycles.perSecond} a second`);

  await stage.start('delay-queue');
  await queue.start();
  const warmUp = 4_000;
  const restingAt = await stage.logged();
  const warmPerSecond = perSecond(warmUp, await createAll(warmUp, Date.now()));
  await factsAre(restingAt + 3 * warmUp);
  const { createdPerSecond, firedPerSecond, cpuPerThousand } = await measureFires(warmPerSecond);
  queue = openQueue();
  await queue.start();
  const togetherPerSecond = await measureTogether();
  const share = (rate: number): string => `${Math.round((rate / cycles.perSecond) * 100)}% of the cycles`;
  say(`delayed events created           ${createdPerSecond} a second; ${share(createdPerSecond)}`);
  say(`… fired, run and ended           ${firedPerSecond} a second; ${share(firedPerSecond)}`);
  say(
    `  CPU s per thousand: cycles ${JSON.stringify(cycles.cpuPerThousand)}, fired ${JSON.stringify(cpuPerThousand)}`,
  );
  say(`… both at the same time          ${togetherPerSecond} a second; ${share(togetherPerSecond)}`);
  await queue.stop();

  say(`\n${held} expirations, held and let go ${rounds} times`);
  const phases = await measureHeld();
  mkdirSync('artifacts', { recursive: true });
  const figures = {
    startedAt,
    cpu: cpus()[0]?.model,
    cycles,
    createdPerSecond,
    firedPerSecond,
    cpuPerThousand,
    togetherPerSecond,
    phases,
  };
  writeFileSync('artifacts/bench-delays.json', `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await stage.close();
}
process.exit(0);

import { randomUUID } from 'node:crypto';
import type { CommandWire } from '#contract';
import { floorOfCreates, floorOfCycles } from './floor.js';
import type { LatenessReport } from './lateness.js';
import { median, pause, type Stage, type Subject, until } from './stage.js';

type TimerWire = Extract<CommandWire, { type: 'CreateTimer' }>['timer'];
const create = (key: string, timer: TimerWire): CommandWire => ({
  type: 'CreateTimer',
  id: randomUUID(),
  namespace: 'bench',
  key,
  timer,
});
let made = 0;
const freshKey = (): string => `k-${made++}`;
/** In a database that a former run has left keys in. */
export function skipKeys(count: number): void {
  made = count;
}

async function createMany(stage: Stage, count: number, timer: (i: number) => TimerWire): Promise<void> {
  const page = 2_000;
  for (let i = 0; i < count; i += page) {
    await stage.send(
      Array.from({ length: Math.min(page, count - i) }, (_, n) => create(freshKey(), timer(i + n))),
    );
  }
}

/** Far away: nothing fires. */
const pending: TimerWire = {
  schedPolicyType: 'ONCE',
  schedPolicyExpr: '2030-01-01T00:00:00Z',
  hookClass: 'bench',
  data: '{"invoice":17}',
  tags: ['eu'],
};

export interface CreateResult {
  readonly perSecond: Spread;
  readonly floorPerSecond: Spread;
  /** Of the medians. */
  readonly shareOfFloor: number;
}

/**
 * Commands wait in Kafka, the scheduler applies them; timed from its 30,000th commit, when it is warm, to its last. The
 * floor runs before each of the three runs, warmed up in the same way.
 */
export async function measureCreates(stage: Stage, count: number): Promise<CreateResult> {
  const warmUp = 30_000;
  const [rates, floors]: [number[], number[]] = [[], []];
  for (let run = 0; run < 3; run += 1) {
    floors.push(await floorOfCreates(stage.servers.databaseUrl, 40_000, 10_000));
    // one that is there makes the topics, and goes
    if (run === 0) await stage.end(await stage.start('scheduler'), 'SIGTERM');
    const before = await stage.logged();
    await createMany(stage, warmUp + count, () => pending);
    const scheduler = await stage.start('scheduler');
    await until('it is warm', async () => (await stage.logged()) >= before + warmUp, 60_000);
    const [beganAt, begun] = [performance.now(), await stage.logged()];
    await until('all are applied', async () => (await stage.logged()) >= before + warmUp + count, 120_000);
    const seconds = (performance.now() - beganAt) / 1_000;
    rates.push(Math.round((before + warmUp + count - begun) / seconds));
    await stage.end(scheduler, 'SIGTERM');
  }
  return {
    perSecond: spread(rates),
    floorPerSecond: spread(floors),
    shareOfFloor: median(rates) / median(floors),
  };
}

export interface CycleResult {
  readonly perSecond: number;
  readonly floorPerSecond: number;
  readonly shareOfFloor: number;
  /** CPU seconds of each process for a thousand cycles. */
  readonly cpuPerThousand: Readonly<Record<string, number>>;
}

/** Timers that are due again a millisecond after they are closed: a closed loop through every process. A cycle is two
 * events in the log, its trigger and its close. */
export async function measureCycles(stage: Stage, timers: number, seconds: number): Promise<CycleResult> {
  const floorPerSecond = await floorOfCycles(stage.servers.databaseUrl, 20_000);
  await createMany(stage, timers, () => ({
    schedPolicyType: 'AFTER_FINISH',
    schedPolicyExpr: '1ms',
    hookClass: 'bench',
    data: '{"invoice":17}',
  }));
  await pause(5_000);
  const rates: number[] = [];
  const cpuBefore = stage.cpuSeconds();
  let cycles = 0;
  for (let run = 0; run < 3; run += 1) {
    const [startedAt, before] = [performance.now(), await stage.logged()];
    await pause((seconds * 1_000) / 3);
    const done = ((await stage.logged()) - before) / 2;
    cycles += done;
    rates.push((done / (performance.now() - startedAt)) * 1_000);
  }
  const cpuAfter = stage.cpuSeconds();
  await rest(stage);
  const cpuPerThousand = perThousand(cpuBefore, cpuAfter, cycles);
  const perSecond = Math.round(median(rates));
  return { perSecond, floorPerSecond, shareOfFloor: perSecond / floorPerSecond, cpuPerThousand };
}

const perThousand = (
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  cycles: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(after).map(([name, value]) => [
      name,
      Number((((value - (before[name] ?? 0)) / cycles) * 1_000).toFixed(3)),
    ]),
  );

const isRunning = `p.namespace = 'bench' and s.status in (0, 2) and p.spec not like '%2030-01-01%'`;

/** Disables what runs and waits for the last close. */
export async function rest(stage: Stage): Promise<void> {
  const running = await stage.sql<{ key: string }>(
    `select p.key from timer_spec p join timer_state s using (id) where ${isRunning}`,
  );
  await stage.send(
    running.map(({ key }) => ({
      type: 'UpdateTimer',
      id: randomUUID(),
      namespace: 'bench',
      key,
      set: { enable: false },
    })),
  );
  await until(
    'all rest',
    async () => {
      const [left] = await stage.sql<{ n: number }>(
        `select count(*)::int as n from timer_state s join timer_spec p using (id) where ${isRunning}`,
      );
      return left?.n === 0;
    },
    60_000,
  );
}

export interface LatenessResult {
  readonly firesPerSecond: number;
  /** Due moment to Kafka's acknowledgement: median and range of three runs. */
  readonly p50: Spread;
  readonly p99: Spread;
  readonly max: Spread;
  /** Due moment to the handler, median of three runs. */
  readonly handlerP99: number;
  /** CPU seconds of each process for a thousand cycles. */
  readonly cpuPerThousand: Readonly<Record<string, number>>;
}
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}
const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

/** `rate` fires a second, evenly spread: as many timers of one second each, on a staggered grid; resolves when all is warm. */
export async function fireSteadily(stage: Stage, rate: number): Promise<void> {
  const origin = Math.ceil(Date.now() / 1_000) * 1_000 + 3_000;
  await createMany(stage, rate, (i) => ({
    schedPolicyType: 'INTERVAL',
    schedPolicyExpr: '1s',
    startAt: new Date(origin + Math.floor((i * 1_000) / rate)).toISOString(),
    hookClass: 'bench',
  }));
  await pause(origin - Date.now() + 4_000);
}

export async function measureLateness(
  stage: Stage,
  fire: Subject,
  hook: Subject,
  rate: number,
  seconds: number,
): Promise<LatenessResult> {
  await fireSteadily(stage, rate);
  const [fires, handlers]: [LatenessReport[], LatenessReport[]] = [[], []];
  const cpuBefore = stage.cpuSeconds();
  for (let run = 0; run < 3; run += 1) {
    fire.reset();
    hook.reset();
    await pause((seconds * 1_000) / 3);
    fires.push((await fire.report()).lateness);
    handlers.push((await hook.report()).lateness);
  }
  const cpuPerThousand = perThousand(cpuBefore, stage.cpuSeconds(), rate * seconds);
  await rest(stage);
  return {
    firesPerSecond: rate,
    p50: spread(fires.map(({ p50 }) => p50)),
    p99: spread(fires.map(({ p99 }) => p99)),
    max: spread(fires.map(({ max }) => max)),
    handlerP99: median(handlers.map(({ p99 }) => p99)),
    cpuPerThousand,
  };
}

export interface PendingResult {
  readonly timers: number;
  readonly fireResidentMb: number;
  readonly takeOverMs: number;
  readonly lateness: LatenessResult;
  readonly bytesPerTimer: number;
}

/** How long a fresh fire process takes all slots over: until all that is due soon in them is read. */
export async function tookOverMs(fire: Subject): Promise<number> {
  let tookMs: number | null = null;
  const isRead = async () => {
    tookMs = (await fire.report()).takeOverMs;
    return tookMs !== null;
  };
  await until('it has read what is due', isRead, 30_000);
  return tookMs ?? 0;
}

/** Many timers that wait: what they cost the fire process, and how long it takes to take all slots over. */
export async function measurePending(stage: Stage, count: number, hook: Subject): Promise<PendingResult> {
  const before = await stage.logged();
  const [sizeBefore] = await stage.sql<{ bytes: string }>(databaseSize);
  await createMany(stage, count, () => pending);
  await until('all are applied', async () => (await stage.logged()) >= before + count, 600_000);
  const [sizeAfter] = await stage.sql<{ bytes: string }>(databaseSize);
  const fire = await stage.start('fire');
  const takeOverMs = await tookOverMs(fire);
  const lateness = await measureLateness(stage, fire, hook, 200, 15);
  const fireResidentMb = stage.residentMb(fire);
  await stage.end(fire, 'SIGTERM');
  return {
    timers: count,
    fireResidentMb,
    takeOverMs,
    lateness,
    bytesPerTimer: Math.round((Number(sizeAfter?.bytes) - Number(sizeBefore?.bytes)) / count),
  };
}
const databaseSize = 'select pg_database_size(current_database()) as bytes';

export interface KillResult {
  readonly fires: number;
  readonly lost: number;
  readonly closedTwice: number;
  readonly worstLatenessMs: number;
}

/** SIGKILL of one of two fire processes at 500 fires a second: what the log says afterwards. */
export async function measureKill(stage: Stage): Promise<KillResult> {
  const [victim] = [await stage.start('fire'), await stage.start('fire')];
  await pause(8_000);
  const count = 5_000;
  const from = Date.now() + 4_000;
  const firstKey = made;
  await createMany(stage, count, (i) => ({
    schedPolicyType: 'ONCE',
    schedPolicyExpr: new Date(from + i * 2).toISOString(),
    hookClass: 'bench',
  }));
  await pause(from - Date.now() + 4_000);
  await stage.end(victim, 'SIGKILL');
  const closed = `select count(*)::int as n from event_log where type = 'EventClosed' and case when record_key like 'bench/k-%' then substr(record_key, 9)::int end between ${firstKey} and ${firstKey + count - 1}`;
  await until(
    'all are closed',
    async () => ((await stage.sql<{ n: number }>(closed))[0]?.n ?? 0) >= count,
    60_000,
  );
  const [facts] = await stage.sql<{ fires: number; late: number; twice: number }>(
    `select count(*) filter (where type = 'EventTriggered')::int as fires,
       max(extract(epoch from ((data::json->>'startedAt')::timestamptz - (data::json->>'scheduledFor')::timestamptz)) * 1000)::int as late,
       (count(*) filter (where type = 'EventClosed') - count(distinct stream_id) filter (where type = 'EventClosed'))::int as twice
     from event_log where type in ('EventTriggered', 'EventClosed') and case when record_key like 'bench/k-%' then substr(record_key, 9)::int end between ${firstKey} and ${firstKey + count - 1}`,
  );
  for (const subject of stage.subjects.filter(({ name }) => name === 'fire'))
    await stage.end(subject, 'SIGTERM');
  return {
    fires: facts?.fires ?? 0,
    lost: count - (facts?.fires ?? 0),
    closedTwice: facts?.twice ?? 0,
    worstLatenessMs: facts?.late ?? 0,
  };
}

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  type ArmedTimer,
  decideAll,
  decideDue,
  type EmissionId,
  type LoadedTimers,
  type TransactionWrites,
  TransientLogError,
} from '#engine';
import { HotConnection, PostgresDueIndex, PostgresTimerLog } from '#postgres';
import { decide, type EpochMs, evolve, mintEventId, slotOfTimerId, slots, type TimerId } from '#timer';
import { envelopeOf } from './command-envelopes.js';
import { dayStart } from './pending-population.js';
import { pause } from './stage.js';

// A day of the population in an hour: a clock that begins where the last run ended, in 2030, and runs 24 times as fast. What it
// finds due is read by the fire service's query, triggered and closed as the fire service and the scheduler decide and write it, in
// transactions of the same size; Kafka and the hook are left out.

const speed = 24;
const windowMs = 60_000;
const perSlotMax = 10_000;
const turnMs = 20;
const batchMax = 500;
const sweptEveryMs = 1_000;
const everySlot = Array.from({ length: slots }, (_, slot) => slot);
const timer = { decide, evolve };

/** How the day goes, each second. */
export interface DaySample {
  readonly fires: number;
  /** How far what was done lies behind what was due. */
  readonly behindMs: number;
  readonly takenAt: number;
  /** What the fire service asks each second: whether anything is overdue. How long that took. */
  readonly sweepMs: number;
}

export interface DayReport {
  readonly fires: number;
  readonly seconds: number;
  /** Reads of what is due that the database ended, since they took more than two seconds; tried again, as the fire service does. */
  readonly readsCutOff: number;
}

interface Batch {
  readonly ids: readonly TimerId[];
  readonly emission: EmissionId;
  readonly at: EpochMs;
}

/** @param samples is filled as the day goes */
export async function liveDay(
  databaseUrl: string,
  seconds: number,
  samples: DaySample[],
): Promise<DayReport> {
  const log = { warn: () => undefined };
  const connect = (applicationName: string) => new HotConnection({ databaseUrl, applicationName, log });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const connections = [connect('day fire'), connect('day scheduler'), connect('day reads')] as const;
  const fireLog = new PostgresTimerLog(connections[0], pool);
  const schedulerLog = new PostgresTimerLog(connections[1], pool);
  const due = new PostgresDueIndex(connections[2], pool);
  try {
    const from = await firstDue(pool);
    const startedAt = performance.now();
    const now = (): EpochMs => (from + (performance.now() - startedAt) * speed) as EpochMs;
    let readUntil = from;
    let queue: ArmedTimer[] = [];
    let reading: Promise<void> | null = null;
    let closing: Promise<void> = Promise.resolve();
    let sweeping: Promise<void> | null = null;
    let readsCutOff = 0;
    const dueUntil = async (until: EpochMs, perSlot: number, after?: EpochMs) => {
      for (;;) {
        try {
          return (await due.armedUntil(everySlot, until, perSlot, after)).timers;
        } catch (error) {
          if (!(error instanceof TransientLogError)) throw error;
          readsCutOff += 1;
        }
      }
    };
    let fires = 0;
    let behindMs = 0;
    const read = async (): Promise<void> => {
      const [after, until] = [readUntil, (readUntil + windowMs) as EpochMs];
      const timers = await dueUntil(until, perSlotMax, after);
      queue = queue.concat(timers.toSorted((a, b) => a.dueAt - b.dueAt));
      readUntil = until;
      reading = null;
    };
    const sweep = async (): Promise<void> => {
      const sweptAt = performance.now();
      await dueUntil((now() - sweptEveryMs * speed) as EpochMs, 1);
      const sweepMs = Math.round(performance.now() - sweptAt);
      samples.push({ fires, behindMs, takenAt: sweptAt, sweepMs });
      await pause(sweptEveryMs);
      sweeping = null;
    };
    while (performance.now() - startedAt < seconds * 1_000) {
      if (reading === null && readUntil < now() + windowMs) reading = read();
      sweeping ??= sweep();
      const at = now();
      const ahead = queue.findIndex(({ dueAt }) => dueAt > at);
      const count = Math.min(batchMax, ahead === -1 ? queue.length : ahead);
      if (count === 0) {
        await pause(turnMs);
        continue;
      }
      const taken = queue.slice(0, count);
      queue = queue.slice(count);
      behindMs = (at - (taken[0]?.dueAt ?? at)) / speed;
      const batch = { ids: taken.map(({ timerId }) => timerId), emission: randomUUID() as EmissionId, at };
      await trigger(fireLog, batch);
      await closing;
      closing = close(schedulerLog, batch);
      fires += count;
      if (count < batchMax) await pause(turnMs);
    }
    await Promise.all([closing, reading, sweeping]);
    return { fires, seconds: (performance.now() - startedAt) / 1_000, readsCutOff };
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
    await pool.end();
  }
}

/** Where the day has come: what fired on it is due on the next. */
async function firstDue(pool: pg.Pool): Promise<EpochMs> {
  const { rows } = await pool.query<{ at: string }>(
    `select min(d.at) as at from generate_series(0, ${slots - 1}) as o (slot)
     cross join lateral (select extract(epoch from next_fire_at) * 1000 as at from timer_state
       where slot = o.slot and next_fire_at >= to_timestamp(${dayStart / 1_000}) order by next_fire_at limit 1) d`,
  );
  return (Math.floor(Number(rows[0]?.at)) - 1) as EpochMs;
}

const trigger = (log: PostgresTimerLog, { ids, emission, at }: Batch): Promise<void> =>
  transact(log, ids, (loaded) => {
    const states = [...loaded.byId.values()];
    return decideDue(
      {
        ...loaded,
        now: at,
        byId: new Map(),
        due: states.map((state) => ({ state, emissionPending: false })),
      },
      [],
      timer,
      {
        eventId: () => mintEventId(at, crypto.getRandomValues(new Uint8Array(10))),
        emissionId: () => emission,
        slotOf: slotOfTimerId,
        timerId: () => {
          throw new Error('these timers have no children');
        },
      },
      { faults: new Map(), isTimeOver: () => false },
    ).writes;
  });

const close = (log: PostgresTimerLog, { ids, emission, at }: Batch): Promise<void> =>
  transact(log, ids, (loaded) => {
    const closes = [...loaded.byId.values()].map(({ spec, open }) =>
      envelopeOf(spec.namespace, spec.key, { type: 'CloseEvent', eventId: open?.eventId ?? '', attempt: 1 }),
    );
    const byKey = new Map(
      [...loaded.byId.values()].map((state) => [`${state.spec.namespace}/${state.spec.key}`, state]),
    );
    const { writes } = decideAll(closes, { ...loaded, now: at, byKey }, timer, () => {
      throw new Error('a close makes no timer');
    });
    return { ...writes, emitted: [{ id: emission, refused: null }] };
  });

async function transact(
  log: PostgresTimerLog,
  ids: readonly TimerId[],
  decided: (loaded: LoadedTimers) => TransactionWrites,
): Promise<void> {
  const targets = ids.map((timerId) => ({ timerId }));
  for (;;) {
    try {
      await log.transact({ offsets: [], targets, commandIds: [], due: [], dueElsewhere: [] }, decided);
      return;
    } catch (error) {
      // a time-out or a deadlock: nothing was written
      if (!(error instanceof TransientLogError)) throw error;
    }
  }
}

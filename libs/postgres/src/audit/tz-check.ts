import type { Pool } from 'pg';
import { dependsOnZoneData, type EpochMs, movedTick, type TimerId } from '#timer';
import { type Querying, statesAfter } from './streams.js';

export interface MovedTimer {
  readonly timerId: TimerId;
  readonly namespace: string;
  readonly key: string;
  readonly timeZone: string;
  readonly stored: EpochMs;
  /** By the zone data at hand; null: nothing would come. */
  readonly computed: EpochMs | null;
  /** Edition that the stored tick was computed with; null: the log does not say. */
  readonly storedTz: string | null;
}

export interface TzCheckReport {
  /** Timers whose next time depends on a named zone. */
  readonly checked: number;
  readonly moved: readonly MovedTimer[];
  /** It stopped at the bound of those that would move: there may be others, and `checked` counts what was read. */
  readonly isCut: boolean;
}

/** Reads every timer, in one snapshot, and changes nothing. */
export async function tzCheck(pool: Pool, movedMax = 10_000): Promise<TzCheckReport> {
  const client = await pool.connect();
  const moved: MovedTimer[] = [];
  let [checked, isCut] = [0, false];
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local timezone = 'UTC'`);
    const now = await databaseNow(client);
    for await (const page of statesAfter(client)) {
      isCut = moved.length >= movedMax;
      if (isCut) break;
      for (const state of page) {
        if (!dependsOnZoneData(state.spec)) continue;
        checked += 1;
        const tick = movedTick(state, now);
        if (tick === null) continue;
        const { namespace, key, timeZone } = state.spec;
        const storedTz = await editionOf(client, state.id);
        moved.push({ timerId: state.id, namespace, key, timeZone, ...tick, storedTz });
      }
    }
    await client.query('commit');
  } finally {
    client.release();
  }
  isCut ||= moved.length > movedMax;
  return { checked, moved: moved.slice(0, movedMax), isCut };
}

async function databaseNow(db: Querying): Promise<EpochMs> {
  const { rows } = await db.query<{ now: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
  );
  return Math.floor(rows[0]?.now ?? 0) as EpochMs;
}

/** What the last fact that planned a tick says. */
async function editionOf(db: Querying, timerId: TimerId): Promise<string | null> {
  const { rows } = await db.query<{ tz: string | null }>(
    `select data::jsonb ->> 'tz' as tz from event_log
     where stream_id = $1 and type in ('TimerCreated', 'TimerUpdated', 'TicksDropped', 'TickQueued', 'EventClosed', 'EventGivenUp')
     order by version desc limit 1`,
    [timerId],
  );
  return rows[0]?.tz ?? null;
}

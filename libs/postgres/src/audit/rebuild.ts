import type { Pool } from 'pg';
import { slotOfTimerId, type TimerId, type TimerState } from '#timer';
import { extraText, phaseCode, recentText, statusCode, summaryText } from '../log/state-row.js';
import { countingLock } from '../usage/postgres-namespace-usage.js';
import { StreamFold } from './stream-fold.js';
import { type Querying, streams } from './streams.js';

export interface RebuildReport {
  readonly timers: number;
  readonly removed: number;
  /** Timers that were left as they are: a day of their log is missing, or all of it, and they cannot be made from what is left. */
  readonly cutOff: number;
}

export interface RebuildOptions {
  /** After each page: how many timers were made so far. */
  readonly onMade?: (timers: number) => void;
  /** Also takes away timers of which the log has no event at all; left as they are otherwise, since it may be the log that is incomplete. */
  readonly removesUnlogged?: boolean;
}

/**
 * Makes the state anew from the log, in one transaction that keeps writers out: afterwards `verify` finds nothing but timers whose
 * log is cut off.
 * What was under way to Kafka is kept: an open event whose emission was pending stays pending.
 */
export async function rebuild(
  pool: Pool,
  { onMade = () => undefined, removesUnlogged = false }: RebuildOptions = {},
): Promise<RebuildReport> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local timezone = 'UTC'`);
    await client.query(`select pg_advisory_xact_lock(${countingLock})`);
    await client.query('lock table timer_state, timer_spec in exclusive mode');
    let [timers, removed, cutOff] = [0, 0, 0];
    for await (const page of streams(client, () => new StreamFold())) {
      for (const { timerId, log } of page) {
        // of a deleted timer the log says so
        if (log.isCutOff || (log.events === 0 && !removesUnlogged)) {
          cutOff += 1;
          continue;
        }
        if (log.state === null) removed += await remove(client, timerId);
        else await store(client, log.state);
        if (log.state !== null) timers += 1;
      }
      onMade(timers);
    }
    // counted anew when the next command needs to know
    await client.query('delete from namespace_usage');
    await client.query('commit');
    return { timers, removed, cutOff };
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function remove(db: Querying, timerId: TimerId): Promise<number> {
  const gone = await db.query('delete from timer_state where id = $1', [timerId]);
  await db.query('delete from timer_spec where id = $1', [timerId]);
  return gone.rowCount ?? 0;
}

const moment = (epochMs: number | null): string | null =>
  epochMs === null ? null : new Date(epochMs).toISOString();

async function store(db: Querying, state: TimerState): Promise<void> {
  const { id, spec, open } = state;
  const slot = slotOfTimerId(id);
  await db.query(
    `insert into timer_spec (id, created_at, slot, namespace, key, hook_class, tags, spec, enable, parent_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set created_at = excluded.created_at, slot = excluded.slot, namespace = excluded.namespace,
       key = excluded.key, hook_class = excluded.hook_class, tags = excluded.tags, spec = excluded.spec,
       enable = excluded.enable, parent_id = excluded.parent_id`,
    [
      id,
      moment(state.createTime),
      slot,
      spec.namespace,
      spec.key,
      spec.hookClass,
      spec.tags,
      JSON.stringify(spec),
      spec.enable,
      spec.parent?.timerId ?? null,
    ],
  );
  await db.query(
    `insert into timer_state (id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id, version,
       attempt, fires, slot, status, phase, summary, extra, recent)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict (id) do update set next_fire_at = excluded.next_fire_at, next_tick = excluded.next_tick,
       watermark = excluded.watermark, last_tick = excluded.last_tick, scheduled_for = excluded.scheduled_for,
       started_at = excluded.started_at, event_id = excluded.event_id, version = excluded.version, attempt = excluded.attempt,
       fires = excluded.fires, slot = excluded.slot, status = excluded.status, phase = excluded.phase,
       summary = excluded.summary, extra = excluded.extra, recent = excluded.recent`,
    [
      id,
      moment(state.nextFireAt),
      moment(state.nextTick),
      moment(state.watermark),
      moment(state.lastTick),
      moment(open?.scheduledFor ?? null),
      moment(open?.startedAt ?? null),
      open?.eventId ?? null,
      state.version,
      open?.attempt ?? 0,
      state.fires,
      slot,
      statusCode(state),
      phaseCode(state),
      summaryText(state),
      extraText(state),
      recentText(state.recent),
    ],
  );
}

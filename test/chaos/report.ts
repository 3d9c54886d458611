import type { Pool } from 'pg';
import { KafkaAdmin, type KafkaSettings } from '#kafka';
import { verify } from '#postgres';
import { TopicTail } from '../harness/topic-tail.js';
import { eventually } from '../harness/wait.js';

export interface ChaosReport extends Counted {
  /** How often each kind of fault struck. */
  readonly struck: Readonly<Record<string, number>>;
  /** Writes that the database could not do on a full disk. */
  readonly roomRefusals: number;
}

/** What became of every due time, as log and topic tell. */
export interface Counted {
  readonly created: number;
  readonly due: number;
  readonly fired: number;
  /** Due times that a fact says were dropped: the service was away for longer than the next one. */
  readonly dropped: number;
  /** Triggered more than a second after their time. */
  readonly late: number;
  readonly latestMs: number;
  readonly emitted: number;
  /** Emissions with an id that was emitted before. */
  readonly duplicatesEmitted: number;
  readonly redelivered: number;
  readonly closesAccepted: number;
  readonly closesRejected: number;
  /** Due times with neither a due event nor a fact that says why not, and events that nobody could close. */
  readonly lost: readonly string[];
  readonly findings: readonly string[];
}

const lateMs = 1_000;

export async function reportOf(
  pool: Pool,
  kafka: KafkaSettings,
  dueTopic: string,
  created: number,
): Promise<Counted> {
  const fired = await rows<{ late: number }>(
    pool,
    `select extract(epoch from (data::json->>'startedAt')::timestamptz - (data::json->>'scheduledFor')::timestamptz) * 1000 as late
     from event_log where type = 'EventTriggered'`,
  );
  const latenesses = fired.map(({ late }) => Number(late));
  const dropped = await sumOf(
    pool,
    `select sum((data::json->>'count')::int) as n from event_log where type = 'TicksDropped'`,
  );
  const ids = await emittedIds(kafka, dueTopic);
  return {
    created,
    due: fired.length + dropped,
    fired: fired.length,
    dropped,
    late: latenesses.filter((ms) => ms > lateMs).length,
    latestMs: Math.round(Math.max(0, ...latenesses)),
    emitted: ids.length,
    duplicatesEmitted: ids.length - new Set(ids).size,
    redelivered: await countOf(pool, 'EventRedelivered'),
    closesAccepted: await countOf(pool, 'EventClosed'),
    closesRejected: await sumOf(
      pool,
      `select count(*) as n from rejection where code in ('no-open-event', 'stale-attempt', 'event-id-not-match', 'timer-not-exist')`,
    ),
    lost: [
      ...(await lostOnes(pool, created)),
      ...(await lostTicks(pool)),
      ...(await neverEmitted(pool, new Set(ids))),
    ],
    findings: (await verify(pool)).findings.map(({ what, detail }) => `${what}: ${detail}`),
  };
}

/** Whether every one-shot is over, and no event is open. */
export async function isSettled(pool: Pool, created: number): Promise<boolean> {
  const open = await pool.query('select from timer_state where phase <> 0 limit 1');
  return open.rowCount === 0 && (await lostOnes(pool, created)).length === 0;
}

/** One-shots that were created and are not over. */
async function lostOnes(pool: Pool, created: number): Promise<string[]> {
  const over = await rows<{ key: string }>(
    pool,
    `select substr(record_key, 9) as key from event_log where type = 'EventClosed' and record_key like 'default/once-%'`,
  );
  const closed = new Set(over.map(({ key }) => key));
  return Array.from({ length: created }, (_, n) => `once-${n}`).filter((key) => !closed.has(key));
}

/** Holes in what was fired or dropped of each timer on the grid. */
async function lostTicks(pool: Pool): Promise<string[]> {
  const covered = await rows<{ record_key: string; first: Date; last: Date }>(
    pool,
    `select record_key, coalesce(data::json->>'first', data::json->>'scheduledFor')::timestamptz as first,
       coalesce(data::json->>'last', data::json->>'scheduledFor')::timestamptz as last
     from event_log where type in ('EventTriggered', 'TicksDropped') and record_key like 'default/grid-%' order by record_key, version`,
  );
  return [...Map.groupBy(covered, ({ record_key }) => record_key)].flatMap(([key, ticks]) =>
    ticks.flatMap(({ first }, index) => {
      const former = ticks[index - 1]?.last;
      const isNext = former === undefined || first.getTime() === former.getTime() + 1_000;
      return isNext ? [] : [`${key}: ${first.toISOString()} after ${former?.toISOString()}`];
    }),
  );
}

async function neverEmitted(pool: Pool, ids: ReadonlySet<string>): Promise<string[]> {
  const triggered = await rows<{ id: string }>(
    pool,
    `select (data::json->>'eventId') || '/1/due' as id from event_log where type = 'EventTriggered'`,
  );
  return triggered.filter(({ id }) => !ids.has(id)).map(({ id }) => `${id} was never emitted`);
}

async function emittedIds(kafka: KafkaSettings, topic: string): Promise<string[]> {
  const ends = await new KafkaAdmin(kafka).topicOffsets(topic);
  const total = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const tail = await TopicTail.open(kafka, topic);
  try {
    await eventually('the due topic is read', () => tail.records.length >= total, 60_000);
    return tail.records.map(({ headers }) => String(headers.ce_id));
  } finally {
    await tail.close();
  }
}

async function rows<Row extends object>(pool: Pool, sql: string): Promise<Row[]> {
  return (await pool.query<Row>(sql)).rows;
}
async function sumOf(pool: Pool, sql: string): Promise<number> {
  return Number((await rows<{ n: string | null }>(pool, sql))[0]?.n ?? 0);
}
const countOf = (pool: Pool, type: string): Promise<number> =>
  sumOf(pool, `select count(*) as n from event_log where type = '${type}'`);

import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { type DatabasePlace, isHeldBy, type LogTopology } from '#engine';
import { evolve, type RecordedEvent, slotOfTimerId, type TimerId, type TimerState } from '#timer';
import { placeOf } from '../database-place.js';
import { type EventRow, recordedEvent } from '../log/history.js';
import { type StateRow, stateFromRow } from '../log/state-row.js';
import { readTopology } from '../topology/read-topology.js';
import { countedUsage } from '../usage/postgres-namespace-usage.js';

export interface Finding {
  readonly what:
    | 'state-differs'
    | 'state-missing'
    | 'state-without-log'
    | 'log-cut-off'
    | 'version-gap'
    | 'position-gap'
    | 'position-twice'
    | 'version-twice'
    | 'head-behind'
    | 'out-of-order'
    | 'wrong-database'
    | 'usage-differs';
  readonly timerId?: TimerId;
  readonly detail: string;
}

export interface VerifyReport {
  readonly timers: number;
  readonly events: number;
  readonly findings: readonly Finding[];
}

export interface VerifyOptions {
  readonly findingsMax?: number;
  /** After each page: how many timers were read so far. */
  readonly onRead?: (timers: number) => void;
}

/** Streams are compared in pages of this many timers. */
const timersPerPage = 500;

/**
 * Proves, from one snapshot, that folding the log gives the state, and that positions and versions have no gap and no
 * double. Reads everything; changes nothing.
 */
export async function verify(
  pool: Pool,
  { findingsMax = 100, onRead = () => undefined }: VerifyOptions = {},
): Promise<VerifyReport> {
  const client = await pool.connect();
  const findings: Finding[] = [];
  let [timers, events] = [0, 0];
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local timezone = 'UTC'`);
    const place = await placeOf(client);
    findings.push(...(await positionFindings(client)), ...(await usageFindings(client)));
    const topology = await readTopology(client);
    for await (const page of streams(client)) {
      timers += page.length;
      for (const stream of page) {
        events += stream.events.length;
        findings.push(...streamFindings(stream, topology), ...placeFindings(stream, place));
      }
      onRead(timers);
      if (findings.length >= findingsMax) break;
    }
    await client.query('commit');
  } finally {
    client.release();
  }
  return { timers, events, findings: findings.slice(0, findingsMax) };
}

export type Querying = Pick<Pool, 'query'>;

/** With its place in the log. */
export interface PlacedEvent extends RecordedEvent {
  readonly partition: number;
  readonly position: bigint;
}

export interface Stream {
  readonly timerId: TimerId;
  readonly events: readonly PlacedEvent[];
  readonly stored: TimerState | null;
}

/** Every timer that has events or a state, with both, page by page in id order. */
export async function* streams(db: Querying): AsyncGenerator<Stream[]> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const ids = await db.query<{ id: TimerId }>(
      `select id from (
         (select distinct stream_id as id from event_log where stream_id > $1 order by stream_id limit $2)
         union
         (select id from timer_state where id > $1 order by id limit $2)
       ) as known order by id limit $2`,
      [after, timersPerPage],
    );
    const page = ids.rows.map(({ id }) => id);
    const last = page.at(-1);
    if (last === undefined) return;
    yield await pageOf(db, page);
    after = last;
  }
}

/** Every stored state, page by page in id order. */
export async function* statesAfter(db: Querying): AsyncGenerator<TimerState[]> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await db.query<{ id: TimerId }>(
      'select id from timer_state where id > $1 order by id limit $2',
      [after, timersPerPage],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield [
      ...(
        await storedStates(
          db,
          rows.map(({ id }) => id),
        )
      ).values(),
    ];
    after = last.id;
  }
}

interface PlacedRow extends EventRow {
  readonly stream_id: TimerId;
  readonly partition: number;
  readonly position: string;
}

async function pageOf(db: Querying, ids: readonly TimerId[]): Promise<Stream[]> {
  const log = await db.query<PlacedRow>(
    'select stream_id, version, command_id, data, meta, partition, position from event_log where stream_id = any($1::uuid[]) order by stream_id, version',
    [ids],
  );
  const events = new Map<TimerId, PlacedEvent[]>(ids.map((id) => [id, []]));
  for (const row of log.rows)
    events.get(row.stream_id)?.push({
      ...recordedEvent(row),
      partition: row.partition,
      position: BigInt(row.position),
    });
  const stored = await storedStates(db, ids);
  return ids.map((timerId) => ({
    timerId,
    events: events.get(timerId) ?? [],
    stored: stored.get(timerId) ?? null,
  }));
}

async function storedStates(db: Querying, ids: readonly TimerId[]): Promise<Map<TimerId, TimerState>> {
  const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;
  const { rows } = await db.query<unknown[]>({
    text: `select s.id, ${['s.next_fire_at', 's.next_tick', 's.watermark', 's.last_tick', 's.scheduled_for', 's.started_at'].map(ms).join(', ')},
        s.event_id, s.version, s.attempt, s.fires, s.phase, s.summary, s.extra, s.recent, ${ms('p.created_at')}, p.spec
      from timer_state s join timer_spec p using (id) where s.id = any($1::uuid[])`,
    values: [ids],
    rowMode: 'array',
  } as unknown as string);
  return new Map(
    rows.map((row) => stateFromRow(row as unknown as StateRow)).map((state) => [state.id, state]),
  );
}

/** What the log says of a timer, or that it cannot say it. */
export function foldStream(events: readonly RecordedEvent[]): TimerState | null {
  const start = Math.max(
    0,
    events.findLastIndex(({ event }) => event.type === 'TimerSnapshotted'),
  );
  return events.slice(start).reduce<TimerState | null>(evolve, null);
}

/** Nothing can be said of what such events fold to, unless they end with the timer's own end. */
export const isCutOff = (events: readonly RecordedEvent[]): boolean =>
  events.length > 0 &&
  events[0]?.event.type !== 'TimerCreated' &&
  events.at(-1)?.event.type !== 'TimerDeleted' &&
  !events.some(({ event }) => event.type === 'TimerSnapshotted');

function streamFindings({ timerId, events, stored }: Stream, topology: LogTopology): Finding[] {
  const findings: Finding[] = [];
  for (const [index, { version }] of events.entries()) {
    const expected = (events[0]?.version ?? 1) + index;
    if (version === expected) continue;
    const what = version < expected ? 'version-twice' : 'version-gap';
    return [{ what, timerId, detail: `version ${version} where ${expected} was due` }];
  }
  if (events.length === 0)
    return [{ what: 'state-without-log', timerId, detail: `state at version ${stored?.version}, no event` }];
  const misplaced = outOfOrder(events, topology);
  if (misplaced !== null) findings.push({ what: 'out-of-order', timerId, detail: misplaced });
  if (isCutOff(events)) {
    const detail = `its events begin at version ${events[0]?.version} without a snapshot: a day of the log is missing`;
    return [...findings, { what: 'log-cut-off', timerId, detail }];
  }
  const folded = foldStream(events);
  if (folded !== null && stored === null)
    findings.push({ what: 'state-missing', timerId, detail: `the log folds to version ${folded.version}` });
  else if (!isDeepStrictEqual(plain(folded), plain(stored))) {
    findings.push({
      what: 'state-differs',
      timerId,
      detail: `log: ${JSON.stringify(folded)}; state: ${JSON.stringify(stored)}`,
    });
  }
  return findings;
}

function placeFindings({ timerId }: Stream, place: DatabasePlace): Finding[] {
  const slot = slotOfTimerId(timerId);
  if (isHeldBy(place, slot)) return [];
  const detail = `slot ${slot} lies in database ${(slot % place.of) + 1} of ${place.of}, this is number ${place.number + 1}`;
  return [{ what: 'wrong-database', timerId, detail }];
}

/** A timer's events follow one another in its partition, and go over to another one only where an expansion split that off. */
function outOfOrder(events: readonly PlacedEvent[], { splits }: LogTopology): string | null {
  for (const [index, { version, partition, position }] of events.entries()) {
    const before = events[index - 1];
    if (before === undefined) continue;
    const isNext =
      before.partition === partition
        ? before.position < position
        : isSplitOff(splits, partition, before.partition, before.position);
    if (!isNext)
      return `version ${version} lies at ${partition}/${position}, the one before at ${before.partition}/${before.position}`;
  }
  return null;
}

/** Through any number of expansions in which the timer had no event. */
function isSplitOff(splits: LogTopology['splits'], partition: number, from: number, at: bigint): boolean {
  const split = splits.find((one) => one.partition === partition);
  if (split === undefined) return false;
  return split.parent === from ? at <= split.after : isSplitOff(splits, split.parent, from, at);
}

/** As JSON sees it: an absent field and an undefined one are the same. */
const plain = (state: TimerState | null): unknown => JSON.parse(JSON.stringify(state));

async function positionFindings(db: Querying): Promise<Finding[]> {
  const { rows } = await db.query<{
    partition: number;
    events: string;
    positions: string;
    first: string;
    last: string;
    next: string;
  }>(
    `select h.partition, h.next, count(e.position) as events, count(distinct e.position) as positions,
       coalesce(min(e.position), h.next) as first, coalesce(max(e.position), h.next - 1) as last
     from log_head h left join event_log e using (partition) group by h.partition, h.next order by h.partition`,
  );
  return rows.flatMap(({ partition, events, positions, first, last, next }): Finding[] => {
    const findings: Finding[] = [];
    const span = BigInt(last) - BigInt(first) + 1n;
    if (events !== positions)
      findings.push({
        what: 'position-twice',
        detail: `partition ${partition}: ${events} events on ${positions} positions`,
      });
    if (BigInt(positions) !== span)
      findings.push({
        what: 'position-gap',
        detail: `partition ${partition}: ${positions} positions from ${first} to ${last}`,
      });
    if (BigInt(last) + 1n !== BigInt(next))
      findings.push({
        what: 'head-behind',
        detail: `partition ${partition}: the head gives ${next} after ${last}`,
      });
    return findings;
  });
}

/** Of namespaces that are counted, which few are. */
async function usageFindings(db: Querying): Promise<Finding[]> {
  const { rows } = await db.query<{ namespace: string; counted: string; live: string }>(
    `select c.namespace, c.timers as counted, (
       select count(*) from timer_spec p join timer_state s using (id) where p.namespace = c.namespace and s.status <> 6
     ) as live
     from (${countedUsage}) as c order by c.namespace`,
  );
  return rows
    .filter(({ counted, live }) => counted !== live)
    .map(({ namespace, counted, live }) => ({
      what: 'usage-differs',
      detail: `namespace ${namespace} is counted with ${counted} live timers and has ${live}`,
    }));
}

import type { Pool } from 'pg';
import type { RecordedEvent, TimerId, TimerState } from '#timer';
import { type EventRow, recordedEvent } from '../log/history.js';
import { type StateRow, stateFromRow } from '../log/state-row.js';

export type Querying = Pick<Pool, 'query'>;

/** With its place in the log. */
export interface PlacedEvent extends RecordedEvent {
  readonly partition: number;
  readonly position: bigint;
}

/** Takes one timer's events in as they are read, oldest first. */
export interface EventSink {
  add(event: PlacedEvent): void;
}

export interface Stream<Sink extends EventSink> {
  readonly timerId: TimerId;
  readonly log: Sink;
}

/** Streams are read in pages of this many timers. */
const timersPerPage = 500;
/** Of their events so many are held at a time, however long the histories are: each may carry 256 KiB. */
export const eventsPerFetch = 250;

/** Every timer that has events or a state, page by page in id order: its sink gets both. Within a transaction: events come by a cursor. */
export async function* streams<Sink extends EventSink>(
  db: Querying,
  sinkOf: (timerId: TimerId, stored: TimerState | null) => Sink,
): AsyncGenerator<Stream<Sink>[]> {
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
    const stored = await storedStates(db, page);
    const logs = new Map(page.map((id) => [id, sinkOf(id, stored.get(id) ?? null)]));
    for await (const { stream_id: id, partition, position, ...row } of eventsOf(db, page))
      logs.get(id)?.add({ ...recordedEvent(row), partition, position: BigInt(position) });
    yield [...logs].map(([timerId, log]) => ({ timerId, log }));
    after = last;
  }
}

interface PlacedRow extends EventRow {
  readonly stream_id: TimerId;
  readonly partition: number;
  readonly position: string;
}

async function* eventsOf(db: Querying, ids: readonly TimerId[]): AsyncGenerator<PlacedRow> {
  await db.query(
    `declare audited_events no scroll cursor for
     select stream_id, version, command_id, data, meta, partition, position from event_log
     where stream_id = any($1::uuid[]) order by stream_id, version`,
    [ids],
  );
  for (;;) {
    const { rows } = await db.query<PlacedRow>(`fetch ${eventsPerFetch} from audited_events`);
    yield* rows;
    if (rows.length < eventsPerFetch) break;
  }
  await db.query('close audited_events');
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
    const ids = rows.map(({ id }) => id);
    yield [...(await storedStates(db, ids)).values()];
    after = last.id;
  }
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

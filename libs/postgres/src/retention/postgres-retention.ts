import pg from 'pg';
import type { LogPart, RetentionStore } from '#engine';
import type { EpochMs, TimerId } from '#timer';
import { connectionBounds } from '../connection/connection-bounds.js';

/** A detach waits for whoever reads the log, holding nobody up; after so long it is left to the next round. */
const detachTimeoutMs = 3_000;
const lockNotAvailable = '55P03';
const nil = '00000000-0000-0000-0000-000000000000' as TimerId;

// The log's last moment and not the clock alone: one that jumped ahead must not have the log dropped.
const expired = `
  select name, (extract(epoch from upper_bound) * 1000)::float8 as before, pg_total_relation_size(oid)::float8 as bytes
  from (
    select c.oid, c.relname as name,
      substring(pg_get_expr(c.relpartbound, c.oid) from $$TO \\('([^']+)'\\)$$)::timestamptz as upper_bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'event_log'::regclass and not i.inhdetachpending
  ) as part
  where upper_bound <= least(now(), (select max(recorded_at) from log_head)) - $1 * interval '1 day'
  order by upper_bound`;

const child = (name: string): string => pg.escapeIdentifier(name);

/** A creation is version 1; a later snapshot lies in a later part, whose own small index knows it. */
const grounded = (name: string): string => {
  const live = `
    join timer_state s on s.id = g.stream_id
    where g.stream_id > $1 and not exists (
      select from event_log e where e.stream_id = g.stream_id and e.type = 'TimerSnapshotted' and e.recorded_at >= $2)`;
  return `
    select id from (
      (select g.stream_id as id from ${child(name)} g ${live} and g.version = 1 order by g.stream_id limit $3)
      union
      (select g.stream_id from ${child(name)} g ${live} and g.type = 'TimerSnapshotted' order by g.stream_id limit $3)
    ) as known order by id limit $3`;
};

/** A dead letter is told from the two states around its give-up: without what they fold from it would be lost. */
const owedDeadLetter = `
  select from fire_batch b, unnest(b.timer_ids, b.versions) as owed (id, version)
  join event_log g on g.stream_id = owed.id and g.version = owed.version and g.type = 'EventGivenUp'
  where not exists (
    select from event_log e where e.stream_id = owed.id and e.version < owed.version and e.recorded_at >= $1
      and (e.version = 1 or e.type = 'TimerSnapshotted'))
  limit 1`;

const unpublished = (name: string): string => `
  select c.partition from relay_checkpoint c
  where (select max(e.position) from ${child(name)} e where e.partition = c.partition) > c.position`;

// quotes within payloads are escaped, so these characters are found where a field of that name stands, and nowhere else
const ended = `
  select id from timer_state
  where status = 6 and next_fire_at is null and id > $1 and substring(extra from '"endedAt":([0-9]+)')::bigint < $2
    and extra not like '%"lease":{%'
  order by id limit $3`;

/** Pages of ids in index order, whatever the tables have grown to. */
const options =
  '-c TimeZone=UTC -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off';

/** Retention on Postgres, by a session of its own that holds the lock and is there while it works. */
export class PostgresRetention implements RetentionStore {
  #client: pg.Client | null = null;

  constructor(
    private readonly databaseUrl: string,
    private readonly applicationName: string,
  ) {}

  async exclusively<T>(work: () => Promise<T>): Promise<T | null> {
    const client = new pg.Client({
      ...connectionBounds,
      connectionString: this.databaseUrl,
      application_name: this.applicationName,
      options: `${options} -c lock_timeout=${detachTimeoutMs}`,
    });
    // what was asked on it fails and tells
    client.on('error', () => undefined);
    await client.connect();
    this.#client = client;
    try {
      const { rows } = await client.query<{ held: boolean }>(
        `select pg_try_advisory_lock(hashtext('carillon.retention')) as held`,
      );
      return rows[0]?.held === true ? await work() : null;
    } finally {
      this.#client = null;
      await client.end();
    }
  }

  async finishDrops(): Promise<readonly string[]> {
    const begun = await this.#rows<{ name: string }>('select name from log_partition_drop order by name');
    for (const { name } of begun) await this.#finish(name).catch(waitsForReaders);
    return begun.map(({ name }) => name);
  }

  async expiredParts(logDays: number): Promise<readonly LogPart[]> {
    const rows = await this.#rows<{ name: string; before: EpochMs; bytes: number }>(expired, [logDays]);
    return rows.map(({ name, before, bytes }) => ({ name, before, bytes }));
  }

  async neededBy({ name, before }: LogPart): Promise<string | null> {
    const behind = await this.#rows<{ partition: number }>(unpublished(name));
    if (behind.length > 0) {
      const partitions = behind.map(({ partition }) => partition).join(', ');
      return `events of it are not on the change feed yet (partitions ${partitions}): is a scheduler running?`;
    }
    const owed = await this.#rows('select from fire_batch where created_at < $1 limit 1', [moment(before)]);
    return owed.length > 0
      ? 'due events of that time are not in Kafka yet: is a fire service running?'
      : null;
  }

  async owedFrom({ before }: LogPart): Promise<string | null> {
    const owed = await this.#rows(owedDeadLetter, [moment(before)]);
    return owed.length > 0
      ? 'dead letters of its timers are not in Kafka yet: is a fire service running?'
      : null;
  }

  async groundedIn(
    { name, before }: LogPart,
    after: TimerId | null,
    max: number,
  ): Promise<readonly TimerId[]> {
    const rows = await this.#rows<{ id: TimerId }>(grounded(name), [after ?? nil, moment(before), max]);
    return rows.map(({ id }) => id);
  }

  async drop({ name }: LogPart): Promise<void> {
    await this.#rows('insert into log_partition_drop (name) values ($1) on conflict do nothing', [name]);
    await this.#finish(name).catch(waitsForReaders);
  }

  async endedBefore(endedDays: number): Promise<EpochMs> {
    const [row] = await this.#rows<{ moment: number }>(
      `select floor(extract(epoch from clock_timestamp() - $1 * interval '1 day') * 1000)::float8 as moment`,
      [endedDays],
    );
    return (row?.moment ?? 0) as EpochMs;
  }

  async endedTimers(before: EpochMs, after: TimerId | null, max: number): Promise<readonly TimerId[]> {
    const rows = await this.#rows<{ id: TimerId }>(ended, [after ?? nil, before, max]);
    return rows.map(({ id }) => id);
  }

  async forgetArchived(archiveDays: number): Promise<number> {
    const rows = await this.#rows<{ gone: number }>(
      `with gone as (delete from timer_archive where archived_at < now() - $1 * interval '1 day' returning 1)
       select count(*)::int as gone from gone`,
      [archiveDays],
    );
    return rows[0]?.gone ?? 0;
  }

  /** Each step may be the last one of a process that is killed; the next one looks how far it came. */
  async #finish(name: string): Promise<void> {
    const [attached] = await this.#rows<{ pending: boolean }>(
      `select i.inhdetachpending as pending from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'event_log'::regclass and c.relname = $1`,
      [name],
    );
    // takes no lock that a writer or a reader of the log waits for
    if (attached !== undefined) {
      const how = attached.pending ? 'finalize' : 'concurrently';
      await this.#rows(`alter table event_log detach partition ${child(name)} ${how}`);
    }
    await this.#rows(`drop table if exists ${child(name)}`);
    await this.#rows('delete from log_partition_drop where name = $1', [name]);
  }

  async #rows<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    if (this.#client === null) throw new Error('retention asks its store within `exclusively` only');
    const { rows } = await this.#client.query<Row>(text, values === undefined ? undefined : [...values]);
    return rows;
  }
}

function waitsForReaders(error: unknown): never {
  if (!(error instanceof pg.DatabaseError && error.code === lockNotAvailable)) throw error;
  throw new Error(
    'somebody reads the log for long (pg_dump? verify?): the next round takes the day out, nothing waits for it',
    { cause: error },
  );
}

const moment = (epochMs: EpochMs): string => new Date(epochMs).toISOString();

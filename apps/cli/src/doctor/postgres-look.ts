import type pg from 'pg';

export interface DatabaseSeen {
  readonly version: string;
  /** How far the database's clock is ahead of this one, ms. */
  readonly aheadMs: number;
  readonly roundTripMs: number;
}

export async function databaseSeen(pool: pg.Pool): Promise<DatabaseSeen> {
  const client = await pool.connect();
  try {
    // the first question pays for the connection's own start
    const { rows: told } = await client.query<{ server_version: string }>('show server_version');
    const [asked, startedAt] = [performance.now(), Date.now()];
    const { rows } = await client.query<{ now: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
    );
    const roundTripMs = performance.now() - asked;
    return {
      version: told[0]?.server_version ?? 'unknown',
      aheadMs: (rows[0]?.now ?? startedAt) - (startedAt + roundTripMs / 2),
      roundTripMs,
    };
  } finally {
    client.release();
  }
}

export async function storedOffsets(
  pool: pg.Pool,
  topic: string,
): Promise<{ readonly partition: number; readonly next: bigint }[]> {
  const { rows } = await pool.query<{ partition: number; next_offset: string }>(
    'select partition, next_offset from consumer_offset where topic = $1 order by partition',
    [topic],
  );
  return rows.map(({ partition, next_offset }) => ({ partition, next: BigInt(next_offset) }));
}

/** Something whose age bounds what vacuum may take away. */
export interface HorizonHolder {
  /** "a transaction of psql (pid 4711)" */
  readonly who: string;
  /** How long it has been there; null: not known. */
  readonly ageMs: number | null;
  /** Transactions that have begun since its snapshot. */
  readonly transactions: number;
}

/** The one that holds vacuum back furthest, this question itself left out; null: nobody does. Of a session that this user may not see, the age is not known. */
export async function horizonHolder(pool: pg.Pool): Promise<HorizonHolder | null> {
  const { rows } = await pool.query<{ who: string; age_ms: number | null; transactions: number }>(
    `select who, age_ms, age(xmin) as transactions from (
       select format('a transaction of %s (pid %s)', coalesce(nullif(application_name, ''), 'a session'), pid) as who,
         (extract(epoch from clock_timestamp() - xact_start) * 1000)::float8 as age_ms, coalesce(backend_xmin, backend_xid) as xmin
       from pg_stat_activity
       where pid <> pg_backend_pid() and datname = current_database() and coalesce(backend_type, 'client backend') = 'client backend'
       union all
       select format('replication slot %s', slot_name), null, coalesce(xmin, catalog_xmin)
       from pg_replication_slots
       union all
       select format('prepared transaction %s', gid), (extract(epoch from clock_timestamp() - prepared) * 1000)::float8, transaction
       from pg_prepared_xacts where database = current_database()
     ) holders
     where xmin is not null
     order by age(xmin) desc, age_ms desc nulls last limit 1`,
  );
  const [oldest] = rows;
  return oldest === undefined
    ? null
    : { who: oldest.who, ageMs: oldest.age_ms, transactions: oldest.transactions };
}

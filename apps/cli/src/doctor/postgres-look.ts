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

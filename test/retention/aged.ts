import type { Pool } from 'pg';

/** Everything in the log happened so many days earlier than it did. */
export async function age(pool: Pool, days: number): Promise<void> {
  await pool.query(
    `select ensure_log_partition(day) from (select distinct (recorded_at at time zone 'UTC')::date - $1::int as day from event_log) as d`,
    [days],
  );
  await pool.query(`update event_log set recorded_at = recorded_at - $1::int * interval '1 day'`, [days]);
}

/** As if the relay had come to the end of the log. */
export const publishAll = (pool: Pool): Promise<unknown> =>
  pool.query(
    'update relay_checkpoint c set position = h.next - 1 from log_head h where h.partition = c.partition',
  );

export async function logParts(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relname ~ '^event_log_[0-9]{8}$' order by 1`,
  );
  return rows.map(({ name }) => name);
}

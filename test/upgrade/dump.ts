import type { Pool } from 'pg';

/** In an order in which they can be filled again. */
export const dumpedTables = [
  'topology',
  'log_split',
  'log_head',
  'event_log',
  'timer_spec',
  'timer_state',
  'namespace_usage',
  'timer_tombstone',
  'consumer_offset',
  'rejection',
  'fire_batch',
  'relay_checkpoint',
  'database_place',
  'unchanged_command',
  'log_partition_drop',
  'timer_archive',
  'bulk_request',
  'api_key',
  'schema_migration',
];

/** Rows come with their numbers; the next ones follow them. */
const counters = [
  ['rejection', 'sequence'],
  ['schema_migration', 'id'],
]
  .map(
    ([table, column]) =>
      `select setval(pg_get_serial_sequence('${table}', '${column}'), (select coalesce(max(${column}), 1) from ${table}));`,
  )
  .join('\n');

/**
 * A small database as SQL text: rows and the log's partitions, not the schema, which is that of the migrations that the
 * database says it has.
 */
export async function dumpRows(pool: Pool): Promise<string> {
  const parts = [await logPartitions(pool)];
  for (const table of dumpedTables) parts.push(await inserts(pool, table));
  parts.push(counters);
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** A log is restored on another day than it was written: the partitions of its days come along. */
async function logPartitions(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ day: string }>(
    `select distinct (recorded_at at time zone 'UTC')::date::text as day from event_log order by 1`,
  );
  return rows.map(({ day }) => `select ensure_log_partition('${day}');`).join('\n');
}

async function inserts(pool: Pool, table: string): Promise<string> {
  const { rows: columns } = await pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_name = $1 and table_schema = 'public' order by ordinal_position`,
    [table],
  );
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const literals = columns
    .map(({ name }) => `coalesce(quote_literal("${name}"::text), 'null')`)
    .join(` || ', ' || `);
  const { rows } = await pool.query<{ line: string }>(`select ${literals} as line from ${table} order by 1`);
  if (rows.length === 0) return '';
  return `insert into ${table} (${names}) overriding system value values\n${rows.map(({ line }) => `(${line})`).join(',\n')};`;
}

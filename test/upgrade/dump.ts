import type { Pool } from 'pg';

/** In an order in which they can be filled again. */
const tables = [
  'topology',
  'log_split',
  'log_head',
  'event_log',
  'timer_spec',
  'timer_state',
  'timer_tombstone',
  'consumer_offset',
  'rejection',
  'fire_batch',
  'relay_checkpoint',
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
  for (const table of tables) parts.push(await inserts(pool, table));
  parts.push(counters);
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** A log is restored on another day than it was written: the partitions of its days come along. */
async function logPartitions(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ name: string; bound: string }>(
    `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound from pg_class c
     join pg_inherits i on i.inhrelid = c.oid where i.inhparent = 'event_log'::regclass
       and exists (select from event_log e where e.tableoid = c.oid) order by 1`,
  );
  return rows
    .map(
      ({ name, bound }) =>
        `create table ${name} partition of event_log ${bound};\n` +
        `create unique index ${name}_position on ${name} (partition, position);\n` +
        `create unique index ${name}_stream on ${name} (stream_id, version);`,
    )
    .join('\n');
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

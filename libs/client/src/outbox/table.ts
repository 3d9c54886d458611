/** Where commands wait when nothing else is said. */
export const defaultOutboxTable = 'carillon_outbox';

/** @throws RangeError unless it is a plain name, or a schema's and a plain name */
export function checkedTable(name: string): string {
  if (!/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(name))
    throw new RangeError(`not the name of a table: ${JSON.stringify(name)}; letters, digits, _, and one dot`);
  return name;
}

/** The one table of the outbox, to be run once by a migration of yours; safe to run again. */
export const outboxTableSql = (
  table = defaultOutboxTable,
): string => `create table if not exists ${checkedTable(table)} (
  sequence bigint generated always as identity primary key,
  command_id uuid not null unique,
  -- one timer's commands have one key: they leave in the order in which they were written
  record_key text not null,
  value text not null,
  written_at timestamptz not null default clock_timestamp(),
  unique (record_key, sequence)
);`;

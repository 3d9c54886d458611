import type { Stage } from './stage.js';

export interface Relation {
  readonly relation: string;
  readonly bytes: number;
}

/** Each table without its indexes, and each index; the days of the log together. */
export async function sizes(stage: Stage): Promise<readonly Relation[]> {
  const rows = await stage.sql<{ relation: string; bytes: string }>(
    `select regexp_replace(c.relname, '_\\d{8}', '') as relation,
       sum(case c.relkind when 'r' then pg_table_size(c.oid) else pg_relation_size(c.oid) end) as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'i')
     group by 1 having sum(pg_relation_size(c.oid)) > 1000000 order by 2 desc`,
  );
  return rows.map(({ relation, bytes }) => ({ relation, bytes: Number(bytes) }));
}

export interface VacuumFacts {
  readonly table: string;
  readonly updates: number;
  readonly hotUpdates: number;
  readonly dead: number;
  readonly live: number;
  readonly vacuums: number;
  readonly vacuumSeconds: number;
  readonly heapBytes: number;
  readonly indexBytes: number;
}

/** What the server knows of the tables that a fire writes; the days of the log together. */
export async function vacuumFacts(stage: Stage): Promise<readonly VacuumFacts[]> {
  const rows = await stage.sql<Record<keyof VacuumFacts, string>>(
    `select regexp_replace(relname, '_\\d{8}', '') as "table", sum(n_tup_upd) as updates, sum(n_tup_hot_upd) as "hotUpdates",
       sum(n_dead_tup) as dead, sum(n_live_tup) as live, sum(autovacuum_count) as vacuums,
       sum(total_autovacuum_time) / 1000 as "vacuumSeconds", sum(pg_relation_size(relid)) as "heapBytes", sum(pg_indexes_size(relid)) as "indexBytes"
     from pg_stat_user_tables where relname ~ '^(timer_state|event_log_|fire_batch|log_head|relay_checkpoint|consumer_offset)' group by 1 order by 1`,
  );
  return rows.map(({ table, ...facts }) => ({
    table,
    ...(Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, Number(value)])) as Omit<
      VacuumFacts,
      'table'
    >),
  }));
}

export interface WalFacts {
  readonly bytes: number;
  /** Whole pages: the first change of a page after a checkpoint carries it. */
  readonly pages: number;
  readonly checkpoints: number;
}

export async function walFacts(stage: Stage): Promise<WalFacts> {
  const [row] = await stage.sql<Record<keyof WalFacts, string>>(
    `select wal_bytes as bytes, wal_fpi as pages, num_timed + num_requested as checkpoints
     from pg_stat_wal, pg_stat_checkpointer`,
  );
  return { bytes: Number(row?.bytes), pages: Number(row?.pages), checkpoints: Number(row?.checkpoints) };
}

/** Vacuums under way, as "table: phase, share of its pages that was scanned". */
export async function vacuumsNow(stage: Stage): Promise<readonly string[]> {
  const rows = await stage.sql<{ at: string }>(
    `select c.relname || ': ' || p.phase || ', ' || 100 * p.heap_blks_scanned / greatest(p.heap_blks_total, 1) || '%' as at from pg_stat_progress_vacuum p join pg_class c on c.oid = p.relid`,
  );
  return rows.map(({ at }) => at);
}

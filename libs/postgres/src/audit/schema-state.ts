import type { Pool } from 'pg';
import type { DatabasePlace } from '#engine';
import { placeOf } from '../database-place.js';
import { appliedMigrations, migrationNames, placeMigration } from '../migrate.js';

export interface SchemaState {
  /** Migrations of this version that were not applied yet. */
  readonly missing: readonly string[];
  /** Applied ones of a newer version. */
  readonly unknown: readonly string[];
  /** Null: the database was never set up. */
  readonly partitions: number | null;
  /** Among the databases that hold the timers together; null as above, and before the migration that notes it. */
  readonly place: DatabasePlace | null;
  /** Today's part of the log is there. */
  readonly isLogReady: boolean;
}

/** How far a database is on its way to this version's schema. Changes nothing. */
export async function schemaState(pool: Pool): Promise<SchemaState> {
  const names = await appliedMigrations(pool);
  if (names.length === 0)
    return { missing: migrationNames, unknown: [], partitions: null, place: null, isLogReady: false };
  const { rows } = await pool.query<{ partitions: number | null; ready: boolean }>(
    `select (select partitions from topology) as partitions,
            to_regclass('event_log_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')) is not null as ready`,
  );
  return {
    missing: migrationNames.filter((name) => !names.includes(name)),
    unknown: names.filter((name) => !migrationNames.includes(name)),
    partitions: rows[0]?.partitions ?? null,
    place: names.includes(placeMigration) ? await placeOf(pool) : null,
    isLogReady: rows[0]?.ready ?? false,
  };
}

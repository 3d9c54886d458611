import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ByDatabase, type DatabasePlace, onlyDatabase } from '#engine';
import { connectionBounds } from './connection/connection-bounds.js';
import { fixPlace } from './database-place.js';
import { type MigrationWait, migrationLockTimeoutMs, withoutHoldingUp } from './migration-locks.js';

const migrationSql = (file: string): string =>
  readFileSync(new URL(`../migrations/${file}.sql`, import.meta.url), 'utf8');

/** One file of SQL, applied in a transaction of its own, which has nobody wait behind it for long for any one of its locks. */
function migration(name: string, file: string, undo: (runner: QueryRunner) => Promise<unknown>) {
  return class implements MigrationInterface {
    readonly name = name;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`set local lock_timeout = ${migrationLockTimeoutMs}`);
      await runner.query(migrationSql(file));
    }
    async down(runner: QueryRunner): Promise<void> {
      await undo(runner);
    }
  };
}
const undoWith =
  (sql: string) =>
  (runner: QueryRunner): Promise<unknown> =>
    runner.query(sql);
const noWayBack = (why: string) => (): Promise<never> => Promise.reject(new Error(why));

/** From here on a database knows its place. */
export const placeMigration = 'DatabasePlace1764000000009';

const migrations = [
  migration(
    'LogAndState1764000000001',
    '0001-log-and-state',
    noWayBack('the first migration has no way back: it holds the log. Restore a backup instead.'),
  ),
  migration(
    'Queries1764000000002',
    '0002-queries',
    noWayBack('indexes are dropped by hand, by their names in 0002-queries.sql'),
  ),
  migration('Bulk1764000000003', '0003-bulk', undoWith('drop table bulk_request')),
  migration('Parents1764000000004', '0004-parents', undoWith('alter table timer_spec drop column parent_id')),
  migration('OpenEvents1764000000005', '0005-open-events', undoWith('drop index timer_state_open')),
  migration(
    'UnchangedCommands1764000000006',
    '0006-unchanged-commands',
    undoWith('drop table unchanged_command'),
  ),
  migration(
    'Topology1764000000007',
    '0007-topology',
    noWayBack('an expanded log cannot be read by a version that does not know of expansions'),
  ),
  migration(
    'Retention1764000000008',
    '0008-retention',
    noWayBack('what was archived or dropped from the log is not put back. Restore a backup instead.'),
  ),
  migration(placeMigration, '0009-database-place', undoWith('drop table database_place')),
  migration('ApiKeys1764000000010', '0010-api-keys', undoWith('drop table api_key')),
  migration('GivenUp1764000000011', '0011-given-up', undoWith('drop index timer_state_given_up')),
  migration(
    'NamesHoldIds1764000000012',
    '0012-names-hold-ids',
    undoWith(
      'alter table timer_spec drop constraint timer_spec_name, add constraint timer_spec_name unique (namespace, key)',
    ),
  ),
  migration(
    'Quotas1764000000013',
    '0013-quotas',
    undoWith('drop table namespace_usage; alter table rejection drop column retry_after_ms'),
  ),
];
/** In the order in which they are applied. */
export const migrationNames: readonly string[] = migrations.map((migration) => new migration().name);

/** How many days of log partitions are made ahead; a service that stays up makes them again each hour. */
export const logPartitionsAheadDays = 7;

/**
 * Each of the databases that hold the timers together, in the order of their places. @throws as `migrate`
 * @returns the partitions of the log; while it is being expanded, those that every database has by now
 */
export async function migrateAll(
  databaseUrls: readonly [string, ...string[]],
  partitions: number,
  wait: MigrationWait = {},
): Promise<number> {
  const { all } = ByDatabase.from(databaseUrls, (url, place) => ({ url, place }));
  // one after the other: two processes that begin at once meet at the first
  const counts: number[] = [];
  for (const { url, place } of all) counts.push(await migrate(url, partitions, place, wait));
  return Math.min(...counts);
}

/**
 * Brings a database to this version's schema, and fixes which partitions lie here; one that is new gets a log of `partitions`.
 * Safe to call from many processes at once: the others wait.
 * @returns the partitions of the whole log: as it was made, or as `carillon partitions expand` left it
 * @throws DatabasePlaceError if the database was set up as another one of several
 * @throws MigrationBlockedError if a lock was not to be had for long
 */
export async function migrate(
  databaseUrl: string,
  partitions: number,
  place: DatabasePlace = onlyDatabase,
  wait: MigrationWait = {},
): Promise<number> {
  const lock = new pg.Client({ ...connectionBounds, connectionString: databaseUrl });
  // what was asked on it fails and tells
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query(`select pg_advisory_lock(hashtext('carillon.migrate'))`);
    const applied = await appliedMigrations(lock);
    if (migrationNames.some((name) => !applied.includes(name))) await applyMissing(databaseUrl, lock, wait);
    await fixPlace(lock, databaseUrl, place);
    return await fixTopology(lock, partitions, place);
  } finally {
    await lock.end();
  }
}

/** Names of the migrations that a database has seen, in their order; none if it was never set up. */
export async function appliedMigrations(client: Pick<pg.Client, 'query'>): Promise<string[]> {
  const { rows: table } = await client.query<{ there: boolean }>(
    `select to_regclass('schema_migration') is not null as there`,
  );
  if (table[0]?.there !== true) return [];
  const { rows } = await client.query<{ name: string }>('select name from schema_migration order by id');
  return rows.map(({ name }) => name);
}

async function applyMissing(databaseUrl: string, lock: pg.Client, wait: MigrationWait): Promise<void> {
  // 30 MB that a process needs once in the life of a schema, and every process starts here
  const { AbstractLogger, DataSource } = await import('typeorm');
  /** What fails is thrown and told by whoever migrates; standard output is the answer's. */
  class Silent extends AbstractLogger {
    protected override writeLog(): void {}
  }
  const source = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    migrations,
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'each',
    logger: new Silent(),
  });
  await source.initialize();
  try {
    await withoutHoldingUp(lock, () => source.runMigrations(), wait);
  } finally {
    await source.destroy();
  }
}

/** One that was lost goes on after the events that are there. */
const addMissingHeads = `
  with missing as materialized (
    select p, t.partitions
    from topology t cross join generate_series($1::int, t.partitions - 1, $2) p
    where not exists (select from log_head h where h.partition = p)
  )
  insert into log_head (partition, partitions, written_for, next, recorded_at)
  select m.p, m.partitions, m.partitions, greatest(e.position, c.position, 0) + 1, coalesce(e.recorded_at, '-infinity')
  from missing m
    left join relay_checkpoint c on c.partition = m.p
    left join lateral (
      select position, recorded_at from event_log where partition = m.p order by position desc limit 1
    ) e on true
  on conflict do nothing`;

async function fixTopology(
  client: pg.Client,
  partitions: number,
  { number, of }: DatabasePlace,
): Promise<number> {
  await client.query('insert into topology (partitions) values ($1) on conflict do nothing', [partitions]);
  await client.query(addMissingHeads, [number, of]);
  await client.query(
    `insert into relay_checkpoint (partition)
     select generate_series($1::int, partitions - 1, $2) from topology on conflict do nothing`,
    [number, of],
  );
  await client.query('select ensure_log_partitions($1)', [logPartitionsAheadDays]);
  const stored = await client.query<{ partitions: number }>('select partitions from topology');
  return stored.rows[0]?.partitions ?? partitions;
}

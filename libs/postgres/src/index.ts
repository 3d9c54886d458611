// The log, the state and the offsets in Postgres: TypeORM keeps the schema, named SQL files do what is hot.
// Imports engine (its ports) and timer. Start at log/postgres-timer-log.ts for the write protocol.

export { PostgresApiKeys } from './access/postgres-api-keys.js';
export { openPostgresApiStore, type PostgresApiStore } from './api-store.js';
export type { Finding } from './audit/finding.js';
export { type RebuildReport, rebuild } from './audit/rebuild.js';
export { type SchemaState, schemaState } from './audit/schema-state.js';
export { type MovedTimer, type TzCheckReport, tzCheck } from './audit/tz-check.js';
export { type VerifyReport, verify } from './audit/verify.js';
export { openPostgresBulks, type PostgresBulks } from './bulk/open.js';
export { HotConnection, type HotConnectionSettings } from './connection/hot-connection.js';
export { isLostConnection } from './connection/lost-connection.js';
export { PostgresDueIndex } from './due/postgres-due-index.js';
export { databaseUrlsOf, databaseVariables, namesDatabases } from './environment.js';
export { PostgresTimerLog } from './log/postgres-timer-log.js';
export { migrate, migrateAll } from './migrate.js';
export { MigrationBlockedError } from './migration-locks.js';
export type {
  HookClassState,
  Installation,
  PartitionState,
  PartitionStates,
} from './queries/installation.js';
export { openAllPostgresQueries, openPostgresQueries, type PostgresQueries } from './queries/open.js';
export type { ReadPoolSettings } from './queries/read-pool.js';
export { PostgresRetention } from './retention/postgres-retention.js';
export { openPostgresStore, type PostgresStore, type PostgresStoreSettings } from './store.js';
export { expandLog } from './topology/expand-log.js';
export { readTopology } from './topology/read-topology.js';

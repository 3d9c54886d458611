import {
  type ApiKeyStore,
  type BulkStore,
  ByDatabase,
  type CommandOutcomes,
  type LogTail,
  MergedCommandOutcomes,
  MergedLogTail,
} from '#engine';
import { PostgresApiKeys } from './access/postgres-api-keys.js';
import { PostgresBulkStore } from './bulk/postgres-bulk-store.js';
import { HotConnection, type HotConnectionSettings } from './connection/hot-connection.js';
import { openPool } from './connection/pool.js';
import { expectPlace, placeOf } from './database-place.js';
import { PostgresLogFeed } from './feed/postgres-log-feed.js';
import { PostgresCommandOutcomes } from './log/postgres-command-outcomes.js';
import { ReadPool } from './queries/read-pool.js';
import { readTopology } from './topology/read-topology.js';

export interface PostgresApiStore {
  /** The one reader that keeps up with the log. */
  readonly live: LogTail;
  /** A reader that begins further back; all of them share one connection. */
  past(): LogTail;
  readonly outcomes: CommandOutcomes;
  readonly bulks: BulkStore;
  readonly keys: ApiKeyStore;
  /** @throws DatabasePlaceError if a database was set up as another of them, or not at all */
  expectPlaces(): Promise<void>;
  close(): Promise<void>;
}

type ApiStoreSettings = Omit<HotConnectionSettings, 'databaseUrl'>;

/**
 * What a process needs of the log that serves others: of each database two connections, opened on first use, and a few for
 * what is seldom. Bulks and API keys lie in the first database; keys have connections that nothing else can take, as nobody is let in
 * without them.
 */
export function openPostgresApiStore(
  databaseUrls: readonly [string, ...string[]],
  settings: ApiStoreSettings,
): PostgresApiStore {
  const parts = ByDatabase.from(databaseUrls, (databaseUrl) => openPart({ ...settings, databaseUrl }));
  const [first] = parts.all;
  const keyPool = openPool({
    ...settings,
    databaseUrl: databaseUrls[0],
    applicationName: `${settings.applicationName} keys`,
    connectionsMax: 2,
  });
  let closing: Promise<void> | null = null;
  const isAlone = parts.count === 1;
  const past = (): LogTail => new MergedLogTail(parts.map((part) => part.past()));
  return {
    live: isAlone ? first.live : new MergedLogTail(parts.map(({ live }) => live)),
    past: isAlone ? first.past : past,
    bulks: new PostgresBulkStore(first.pool),
    keys: new PostgresApiKeys(keyPool),
    outcomes: isAlone ? first.outcomes : new MergedCommandOutcomes(parts.map(({ outcomes }) => outcomes)),
    expectPlaces: async () => {
      const places = parts.map(({ pool, databaseUrl }, place) => ({ pool, databaseUrl, place }));
      for (const { pool, databaseUrl, place } of places.all) {
        expectPlace(databaseUrl, await placeOf(pool), place);
        await readTopology(pool);
      }
    },
    close: async () => {
      closing ??= Promise.all([keyPool.end(), ...parts.all.map(({ close }) => close())]).then(
        () => undefined,
      );
      await closing;
    },
  };
}

/** What one database has of it. */
function openPart(settings: HotConnectionSettings) {
  const connection = (role: string) =>
    new HotConnection({ ...settings, applicationName: `${settings.applicationName} ${role}` });
  const [live, past] = [connection('tail'), connection('catch-up')];
  const pool = openPool({ ...settings, connectionsMax: 2 });
  const outcomes = new ReadPool({
    ...settings,
    applicationName: `${settings.applicationName} outcomes`,
    connectionsMax: 2,
  });
  return {
    databaseUrl: settings.databaseUrl,
    pool,
    live: new PostgresLogFeed(live),
    past: (): LogTail => new PostgresLogFeed(past),
    outcomes: new PostgresCommandOutcomes(outcomes),
    close: () => Promise.all([live.close(), past.close(), pool.end(), outcomes.close()]),
  };
}

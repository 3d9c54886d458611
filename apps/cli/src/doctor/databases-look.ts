import type pg from 'pg';
import { ByDatabase, type DatabasePlace } from '#engine';
import { schemaState } from '#postgres';
import { type DatabaseUrls, inDatabase } from '../connection.js';
import { clockFinding, placeFindings, presence, schemaFindings, vacuumFinding } from './findings.js';
import { type Look, looked } from './looked.js';
import { databaseSeen, horizonHolder } from './postgres-look.js';

export const databaseNext = 'is it up, and is DATABASE_URL right?';

/** Each by itself: one that is away does not hide the others. */
export async function lookAtDatabases(urls: DatabaseUrls): Promise<Look> {
  const { all } = ByDatabase.from(urls, (url, place) => ({ url, place, name: nameOf(place) }));
  const looks = await Promise.all(
    all.map(({ url, place, name }) =>
      looked(name, databaseNext, () => inDatabase(url, (pool) => lookAtPostgres(pool, name, place))),
    ),
  );
  return {
    findings: looks.flatMap(({ findings }) => findings),
    partitions: looks.find(({ partitions }) => partitions != null)?.partitions ?? null,
  };
}

const nameOf = ({ number, of }: DatabasePlace): string =>
  of === 1 ? 'Postgres' : `Postgres ${number + 1} of ${of}`;

async function lookAtPostgres(pool: pg.Pool, name: string, place: DatabasePlace): Promise<Look> {
  const { version, aheadMs, roundTripMs } = await databaseSeen(pool);
  const schema = await schemaState(pool);
  return {
    findings: [
      presence(name, version),
      clockFinding(name, aheadMs, roundTripMs),
      vacuumFinding(name, await horizonHolder(pool)),
      ...schemaFindings(schema),
      ...(schema.place === null ? [] : placeFindings(name, schema.place, place)),
    ],
    partitions: schema.partitions,
  };
}

import type pg from 'pg';
import { type DatabasePlace, onlyDatabase } from '#engine';

/** A database that is configured as another one than it was set up as: its timers would be looked for elsewhere. */
export class DatabasePlaceError extends Error {
  readonly code = 'postgres/database-place';
  constructor(message: string) {
    super(message);
    this.name = 'DatabasePlaceError';
  }
}

/** Sets a new database's place once and for all. @throws DatabasePlaceError if it has another one */
export async function fixPlace(client: pg.Client, url: string, place: DatabasePlace): Promise<void> {
  await client.query(
    'insert into database_place (number, databases) values ($1, $2) on conflict do nothing',
    [place.number, place.of],
  );
  expectPlace(url, await placeOf(client), place);
}

/** Of a database that was set up. */
export async function placeOf(db: Pick<pg.Pool, 'query'>): Promise<DatabasePlace> {
  const { rows } = await db.query<{ number: number; databases: number }>(
    'select number, databases from database_place',
  );
  const [row] = rows;
  return row === undefined ? onlyDatabase : { number: row.number, of: row.databases };
}

/** @throws DatabasePlaceError */
export function expectPlace(url: string, stored: DatabasePlace, configured: DatabasePlace): void {
  if (stored.number === configured.number && stored.of === configured.of) return;
  const { host, pathname } = new URL(url);
  throw new DatabasePlaceError(
    `the database ${host}${pathname} was set up as ${spoken(stored)}, but is configured as ${spoken(configured)}: ${wayOut(stored, configured)}`,
  );
}

const spoken = ({ number, of }: DatabasePlace): string => `number ${number + 1} of ${of}`;

function wayOut(stored: DatabasePlace, configured: DatabasePlace): string {
  if (stored.of === configured.of) return `put it in that place of DATABASE_URLS, and each database once`;
  const asItWas =
    stored.of === 1
      ? 'name it alone, in DATABASE_URL'
      : `name all ${stored.of} in DATABASE_URLS, in their order`;
  return `${asItWas}. Timers do not move between databases; to have another number of them, begin with empty ones and take the timers along by \`carillon export\` and \`carillon apply\``;
}

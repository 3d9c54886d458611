import { z } from 'zod';
import { migrateAll } from '#postgres';
import { loadConfig, partitionsVariable } from '#runtime';
import { databaseUrls, environment } from './connection.js';
import { note, say } from './output/out.js';

/** Brings each database to this version's schema. Safe to run twice, and by many at once. @throws InvalidConfiguration */
export async function migrateCommand(): Promise<number> {
  const { PARTITIONS: partitions } = loadConfig(z.object(partitionsVariable), process.env);
  const has = await migrateAll(databaseUrls(), partitions, { tell: note });
  say(`the schema is this version's, for a log of ${has} partitions`);
  if (environment().PARTITIONS !== undefined && has !== partitions)
    note(
      `PARTITIONS=${partitions} is for a new database; \`carillon partitions expand\` gives this one more`,
    );
  return 0;
}

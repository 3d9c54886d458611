import { migrateAll } from '#postgres';
import { databaseUrls } from './connection.js';
import { UsageError } from './errors/exit-codes.js';
import { note, say } from './output/out.js';

const partitionsDefault = 8;

/** Brings each database to this version's schema. Safe to run twice, and by many at once. */
export async function migrateCommand(): Promise<number> {
  const partitions = Number(process.env.PARTITIONS ?? partitionsDefault);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 256)
    throw new UsageError(`PARTITIONS=${process.env.PARTITIONS} is not a number of partitions: 1 to 256`);
  const has = await migrateAll(databaseUrls(), partitions);
  say(`the schema is this version's, for a log of ${has} partitions`);
  if (process.env.PARTITIONS !== undefined && has !== partitions)
    note(
      `PARTITIONS=${partitions} is for a new database; \`carillon partitions expand\` gives this one more`,
    );
  return 0;
}

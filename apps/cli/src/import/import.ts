import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import pg from 'pg';
import { messageOf } from '#engine';
import { UsageError } from '../errors/exit-codes.js';
import { note, say } from '../output/out.js';
import { harmless } from '../output/table.js';
import { fromCrontab } from './crontab.js';
import { type Imported, manifestOf } from './imported.js';
import { fromCronJobs } from './k8s-cronjobs.js';
import { fromPgBoss } from './pg-boss.js';

const contentOf = (file: string): string => readFileSync(file === '-' ? 0 : file, 'utf8');

export interface CrontabFlags {
  readonly system?: boolean;
  readonly hookClass: string;
  readonly timeZone: string;
  readonly name?: string;
}

export async function importCrontab(file: string, flags: CrontabFlags): Promise<number> {
  const { system = /(^|\/)cron(\.d\/[^/]+|tab)$/.test(file), hookClass, timeZone } = flags;
  const name = flags.name ?? (file === '-' ? 'cron' : basename(file));
  return told(fromCrontab(contentOf(file), { name, hasUsers: system, hookClass, timeZone }));
}

export async function importCronJobs(
  file: string,
  { hookClass }: { readonly hookClass: string },
): Promise<number> {
  return told(fromCronJobs(contentOf(file), hookClass));
}

export interface PgBossFlags {
  readonly database?: string;
  readonly schema: string;
}

/** From a database that pg-boss uses, or from its rows in a file. */
export async function importPgBoss(
  file: string | undefined,
  { database, schema }: PgBossFlags,
): Promise<number> {
  if (database === undefined) return told(fromPgBoss(rowsOf(contentOf(file ?? '-'))));
  const client = new pg.Client({ connectionString: database, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const table = `${client.escapeIdentifier(schema)}.schedule`;
    const { rows } = await client.query<Record<string, unknown>>(`select * from ${table} order by 1, 2`);
    return told(fromPgBoss(rows));
  } finally {
    await client.end();
  }
}

function rowsOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`not JSON: ${messageOf(error)}`);
  }
}

/** The file for `apply` on standard output, the rest beside it. @returns 1 if something was left out */
function told(imported: Imported): number {
  const { yaml, remarks, leftOut } = manifestOf(imported, Date.now());
  say(yaml.trimEnd());
  for (const remark of remarks) note(harmless(`note: ${remark}`));
  for (const one of leftOut) note(harmless(`left out: ${one}`));
  return leftOut.length === 0 ? 0 : 1;
}

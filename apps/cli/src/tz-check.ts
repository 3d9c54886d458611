import pg from 'pg';
import { type MovedTimer, tzCheck } from '#postgres';
import { databaseUrl } from './connection.js';

const text = (moment: number | null): string => (moment === null ? 'none' : new Date(moment).toISOString());

/** @returns the exit code: 1 if some timer's next time would be another by the zone data of this runtime */
export async function tzCheckCommand(
  { json }: { readonly json?: boolean },
  url = databaseUrl(),
  write = (line: string): unknown => process.stdout.write(line),
): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const report = await tzCheck(pool);
    const tz = process.versions.tz ?? 'unknown';
    if (json) write(`${JSON.stringify({ tz, checked: report.checked, moved: report.moved.map(shown) })}\n`);
    else {
      for (const moved of report.moved) write(`${line(moved)}\n`);
      write(`${report.checked} timers depend on a named zone; ${verdict(report.moved.length, tz)}\n`);
    }
    return report.moved.length === 0 ? 0 : 1;
  } finally {
    await pool.end();
  }
}

const shown = ({ stored, computed, ...timer }: MovedTimer) => ({
  ...timer,
  stored: text(stored),
  computed: computed === null ? null : text(computed),
});

const line = ({ namespace, key, timeZone, stored, computed, storedTz }: MovedTimer): string =>
  `${namespace}/${key}  ${timeZone}  stored ${text(stored)} (zone data ${storedTz ?? 'not on record'})  would be ${text(computed)}`;

const verdict = (moved: number, tz: string): string =>
  moved === 0
    ? `all are where the zone data of this runtime (${tz}) puts them`
    : `${moved} would be elsewhere by the zone data of this runtime (${tz}): an update that names their timeZone plans them anew`;

import { type MovedTimer, tzCheck } from '#postgres';
import { databaseUrls, inEachDatabase } from './connection.js';
import { harmless } from './output/table.js';

const text = (moment: number | null): string => (moment === null ? 'none' : new Date(moment).toISOString());

/** @returns the exit code: 1 if some timer's next time would be another by the zone data of this runtime */
export async function tzCheckCommand(
  { json }: { readonly json?: boolean },
  urls = databaseUrls(),
  write = (line: string): unknown => process.stdout.write(line),
  movedMax?: number,
): Promise<number> {
  const reports = await inEachDatabase((pool) => tzCheck(pool, movedMax), urls);
  const moved = reports.flatMap((report) => report.moved);
  const checked = reports.reduce((sum, report) => sum + report.checked, 0);
  const tz = process.versions.tz ?? 'unknown';
  const isCut = reports.some((report) => report.isCut);
  if (json) write(`${JSON.stringify({ tz, checked, moved: moved.map(shown), isCut })}\n`);
  else {
    for (const timer of moved) write(`${line(timer)}\n`);
    write(`${checked} timers depend on a named zone; ${verdict(moved.length, tz)}\n`);
    if (isCut) write('it stopped there, not all was read: plan these anew, then run it again\n');
  }
  return moved.length === 0 ? 0 : 1;
}

const shown = ({ stored, computed, ...timer }: MovedTimer) => ({
  ...timer,
  stored: text(stored),
  computed: computed === null ? null : text(computed),
});

const line = ({ namespace, key, timeZone, stored, computed, storedTz }: MovedTimer): string =>
  `${harmless(`${namespace}/${key}`)}  ${timeZone}  stored ${text(stored)} (zone data ${storedTz ?? 'not on record'})  would be ${text(computed)}`;

const verdict = (moved: number, tz: string): string =>
  moved === 0
    ? `all are where the zone data of this runtime (${tz}) puts them`
    : `${moved} would be elsewhere by the zone data of this runtime (${tz}): an update that names their timeZone plans them anew`;

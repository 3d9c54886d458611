import type pg from 'pg';
import { type Finding, rebuild, verify } from '#postgres';
import { inEachDatabase } from './connection.js';
import { say, sayJson } from './output/out.js';
import { type At, withProgress } from './output/progress.js';
import { harmless } from './output/table.js';
import { type Verified, VerifiedDatabases } from './verified.js';

/**
 * @returns the exit code: 0 if the log and the state agree
 * @throws what a database did not answer, once the reports of the others are told
 */
export async function verifyCommand({ json }: { readonly json?: boolean }): Promise<number> {
  const verified = new VerifiedDatabases();
  await inEachDatabase((pool, place) =>
    verified.take(place, () => withBar('verify', pool, (onRead) => verify(pool, { onRead }))),
  );
  const { report, failure } = verified;
  if (json) sayJson(report);
  else {
    for (const { what, timerId, detail, database } of report.findings)
      say(
        `${database === undefined ? '' : `database ${database}  `}${what}  ${timerId ?? ''}  ${harmless(detail)}`,
      );
    say(`${report.timers} timers, ${report.events} events: ${verdictOf(report, failure !== undefined)}`);
  }
  if (failure !== undefined) throw failure;
  return report.findings.length === 0 ? 0 : 1;
}

const leftByRebuild: readonly Finding['what'][] = ['log-cut-off', 'state-without-log'];

function verdictOf({ findings, isCut }: Verified, isPart: boolean): string {
  const cutOff = findings.filter(({ what }) => leftByRebuild.includes(what)).length;
  if (findings.length > 0)
    return [
      `${findings.length} findings${isCut ? ', and it stopped there: not all was read' : ''}`,
      ...(cutOff < findings.length ? ['`carillon rebuild` makes the state anew from the log'] : []),
      ...(cutOff > 0 ? [`${cutOff} ${lackLog}`] : []),
    ].join('; ');
  return isPart ? 'nothing found, but not all was read' : 'the log and the state agree';
}

/** @returns the exit code: 0 if every timer was made from the log */
export async function rebuildCommand({
  removeUnlogged = false,
}: {
  readonly removeUnlogged?: boolean;
} = {}): Promise<number> {
  const reports = await inEachDatabase((pool) =>
    withBar('rebuild', pool, (onMade) => rebuild(pool, { onMade, removesUnlogged: removeUnlogged })),
  );
  process.stdout.write(
    `${sumOf(reports, 'timers')} timers made anew from the log, ${sumOf(reports, 'removed')} removed that it does not know\n`,
  );
  const cutOff = sumOf(reports, 'cutOff');
  if (cutOff > 0) process.stdout.write(`${cutOff} left as they are; ${cutOff} ${lackLog}\n`);
  return cutOff === 0 ? 0 : 1;
}

const lackLog =
  'lack a day of the log that they would be made from: bring its rows of `event_log` back from a backup; they go on as they are until then';

/** How far it is, by the timers that the database knows now. */
async function withBar<T>(what: string, pool: pg.Pool, work: (at: At) => Promise<T>): Promise<T> {
  const { rows } = await pool.query<{ count: string }>('select count(*) from timer_state');
  return withProgress(what, Number(rows[0]?.count), work);
}

const sumOf = <Name extends string>(
  reports: readonly { readonly [name in Name]: number }[],
  name: Name,
): number => reports.reduce((sum, report) => sum + report[name], 0);

import type pg from 'pg';
import { rebuild, verify } from '#postgres';
import { inEachDatabase } from './connection.js';
import { type At, withProgress } from './output/progress.js';

/** @returns the exit code: 0 if the log and the state agree */
export async function verifyCommand({ json }: { readonly json?: boolean }): Promise<number> {
  const reports = await inEachDatabase(async (pool, { number, of }) => {
    const { findings, ...read } = await withBar('verify', pool, (onRead) => verify(pool, { onRead }));
    // where there are several, it matters which one is meant
    return {
      ...read,
      findings: findings.map((finding) => ({ ...finding, ...(of > 1 && { database: number + 1 }) })),
    };
  });
  const report = {
    timers: sumOf(reports, 'timers'),
    events: sumOf(reports, 'events'),
    findings: reports.flatMap(({ findings }) => findings),
  };
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const { what, timerId, detail, database } of report.findings)
      process.stdout.write(
        `${database === undefined ? '' : `database ${database}  `}${what}  ${timerId ?? ''}  ${detail}\n`,
      );
    const verdict =
      report.findings.length === 0
        ? 'the log and the state agree'
        : `${report.findings.length} findings; \`carillon rebuild\` makes the state anew from the log`;
    process.stdout.write(`${report.timers} timers, ${report.events} events: ${verdict}\n`);
  }
  return report.findings.length === 0 ? 0 : 1;
}

export async function rebuildCommand(): Promise<number> {
  const reports = await inEachDatabase((pool) => withBar('rebuild', pool, (onMade) => rebuild(pool, onMade)));
  process.stdout.write(
    `${sumOf(reports, 'timers')} timers made anew from the log, ${sumOf(reports, 'removed')} removed that it does not know\n`,
  );
  const cutOff = sumOf(reports, 'cutOff');
  if (cutOff > 0)
    process.stdout.write(
      `${cutOff} left as they are: a day of the log is missing that they would be made from\n`,
    );
  return 0;
}

/** How far it is, by the timers that the database knows now. */
async function withBar<T>(what: string, pool: pg.Pool, work: (at: At) => Promise<T>): Promise<T> {
  const { rows } = await pool.query<{ count: string }>('select count(*) from timer_state');
  return withProgress(what, Number(rows[0]?.count), work);
}

const sumOf = <Name extends string>(
  reports: readonly { readonly [name in Name]: number }[],
  name: Name,
): number => reports.reduce((sum, report) => sum + report[name], 0);

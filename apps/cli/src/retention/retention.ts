import {
  type PlannedPart,
  plannedTimersMax,
  planRetention,
  Retention,
  type RetentionPolicy,
  type RetentionProgress,
  type RetentionReport,
} from '#engine';
import { openPostgresStore, type PostgresStore, schemaState } from '#postgres';
import { createLogger, sleep, systemClock } from '#runtime';
import { decide, evolve } from '#timer';
import { databaseUrls, environment, inEachDatabase } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { note, say, sayJson, sayTable } from '../output/out.js';
import type { Column } from '../output/table.js';

export interface RetentionWish {
  readonly logDays?: string;
  readonly endedDays?: string;
  readonly archiveDays?: string;
  readonly now?: boolean;
  readonly json?: boolean;
}

const busy = 'another process is at it: a scheduler, or this command elsewhere';

/** @returns the exit code: 0; 1 if something has to stay for now, or another process is at it */
export async function retentionCommand(wish: RetentionWish): Promise<number> {
  const policy = policyOf(wish);
  return wish.now === true
    ? await carryOut(policy, wish.json === true)
    : await show(policy, wish.json === true);
}

function policyOf({ logDays, endedDays, archiveDays }: RetentionWish): RetentionPolicy {
  const policy = {
    logDays: daysOf('LOG_RETENTION_DAYS', logDays),
    endedDays: daysOf('ENDED_RETENTION_DAYS', endedDays),
    archiveDays: daysOf('ARCHIVE_RETENTION_DAYS', archiveDays),
  };
  if (Object.values(policy).every((days) => days === 0))
    throw new UsageError(
      'everything is kept for ever: say --log-days, --ended-days or --archive-days, or set the variables that the scheduler has',
    );
  return policy;
}

function daysOf(variable: string, given = environment()[variable] ?? '0'): number {
  const days = Number(given);
  if (!Number.isInteger(days) || days < 0)
    throw new UsageError(`${variable}=${given} is not a number of days`);
  return days;
}

async function show(policy: RetentionPolicy, json: boolean): Promise<number> {
  const plans = await inEachStore((store) => planRetention(store.retention, policy));
  const parts = plans.flatMap(({ database, answer }) =>
    (answer?.parts ?? []).map((part) => ({ ...part, database })),
  );
  const ended = plans.reduce((sum, { answer }) => sum + (answer?.ended ?? 0), 0);
  const isBusy = plans.some(({ answer }) => answer === null);
  if (isBusy) note(busy);
  if (json) sayJson({ parts, ended });
  else {
    if (parts.length > 0) sayTable(parts, plans.length > 1 ? [databaseColumn, ...columns] : columns);
    say(`${parts.length} days of the log to drop, ${atLeast(ended)} ended timers to archive`);
  }
  return isBusy || parts.some(({ reason }) => reason !== null) ? 1 : 0;
}

type ShownPart = PlannedPart & { readonly database: number };
const atLeast = (timers: number): string =>
  timers >= plannedTimersMax ? `${timers} or more` : String(timers);
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const databaseColumn: Column<ShownPart> = { title: 'DATABASE', of: ({ database }) => database };
const columns: readonly Column<ShownPart>[] = [
  { title: 'PART', of: ({ name }) => name },
  { title: 'UNTIL', of: ({ before }) => new Date(before).toISOString() },
  { title: 'SIZE', of: ({ bytes }) => mebibytes(bytes), align: 'right' },
  { title: 'SNAPSHOTS', of: ({ timers }) => atLeast(timers), align: 'right' },
  { title: 'STAYS BECAUSE', of: ({ reason }) => reason },
];

async function carryOut(policy: RetentionPolicy, json: boolean): Promise<number> {
  const reports = await inEachStore((store) =>
    new Retention({
      store: store.retention,
      log: store.log,
      timer: { decide, evolve },
      logger: silent,
      sleep,
      clock: systemClock,
      onProgress: tellProgress,
    }).run(policy, new AbortController().signal),
  );
  if (json) sayJson(reports.map(({ database, answer }) => ({ database, ...answer })));
  else
    for (const { database, answer } of reports)
      for (const line of linesOf(answer)) say(reports.length > 1 ? `database ${database}: ${line}` : line);
  return reports.every(({ answer }) => answer !== null && answer.kept === null) ? 0 : 1;
}

function* linesOf(report: RetentionReport | null): Generator<string> {
  if (report === null) return yield busy;
  const { snapshotted, archived, dropped, forgotten, kept } = report;
  yield `${dropped.length} days of the log dropped after ${snapshotted} snapshots; ${archived} timers archived, ${forgotten} forgotten`;
  if (kept !== null) yield `${kept.part} stays: ${kept.reason}`;
}

const silent = createLogger('cli', 'silent', false);

/** One after the other; they are counted from 1. */
async function inEachStore<T>(
  work: (store: PostgresStore) => Promise<T>,
): Promise<readonly { readonly database: number; readonly answer: T }[]> {
  const states = await inEachDatabase(schemaState);
  const answers: { database: number; answer: T }[] = [];
  for (const [index, databaseUrl] of databaseUrls().entries()) {
    if ((states[index]?.partitions ?? null) === null)
      throw new UsageError('this database holds no log: `carillon migrate` makes one');
    const store = openPostgresStore({
      databaseUrl,
      applicationName: 'carillon',
      log: silent,
    });
    try {
      answers.push({ database: index + 1, answer: await work(store) });
    } finally {
      await store.close();
    }
  }
  return answers;
}

const tellProgress = ({ snapshotted, archived, dropped }: RetentionProgress): void =>
  note(`${archived} archived, ${snapshotted} snapshots, ${dropped.length} days dropped`);

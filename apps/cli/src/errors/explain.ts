import { CommanderError } from 'commander';
import {
  ApiTimeoutError,
  ApiUnreachableError,
  ClientNotConnectedError,
  CommandRejectedError,
  CommandTimeoutError,
  ConnectTimeoutError,
  HttpProblemError,
} from '#client';
import { isLostConnection } from '#postgres';
import { InvalidConfiguration } from '#runtime';
import { exitCodes, UsageError } from './exit-codes.js';

export interface Explained {
  readonly code: string;
  readonly message: string;
  /** What to do next. */
  readonly next?: string;
  readonly exitCode: number;
}

const nextSteps: Readonly<Record<string, string>> = {
  'timer-exists': 'change it with `carillon timers update`, or choose another key',
  'timer-not-exist': '`carillon timers list --key-prefix …` shows what is there; mind --namespace',
  'version-not-match':
    'somebody changed it meanwhile: look at it with `carillon timers get`, then say it again',
  'no-open-event': '`carillon timers why` tells what became of its last event',
  'event-open': 'wait for its close, or close it with `carillon timers close`',
  'tasks/invalid-task': '`carillon tasks get` shows where it stands',
  'stale-attempt': 'the event has moved on: `carillon timers get` shows the present attempt',
  'timer-not-paused': '`carillon timers get` shows where it stands',
  'timer-disabled': 'enable it with `carillon timers update … --set enable=true`',
  'timer-ended': '`carillon timers history` tells how it ended',
  'not-given-up': '`carillon dead list` shows what was given up',
  'invalid-spec': 'mend the field that is named; `carillon timers create --help` lists them',
  'quota-exceeded': 'delete or cancel timers, send less, or ask who runs this for a larger quota',
  'history-expired': 'leave out --at and --as-of: that far back the log does not reach any more',
  'cli/expansion-stalled':
    'run the same command again, it goes on from here; until it is through, commands in new partitions wait',
  'cli/expansion-unfinished': 'finish the expansion that was begun, then begin the next one',
  'cli/topics-wider': 'expand the log to as many partitions as the topics have',
  'cli/cannot-expand': '`carillon partitions` shows how many there are',
  'cli/group-in-use': 'stop them first, or say --yes and restart them',
  'postgres/migration-blocked': '`carillon doctor` tells the oldest transaction of each database',
  unauthenticated: 'set CARILLON_TOKEN to an API key (`carillon keys create`) or a token of your issuer',
  forbidden: '`carillon keys list` shows what a key may; ask for another',
  'not-ready': '`carillon doctor` says what is missing',
};

const answers = [
  ApiTimeoutError,
  ApiUnreachableError,
  ClientNotConnectedError,
  CommandTimeoutError,
  ConnectTimeoutError,
];
/** Postgres does not know the user or the database, or tasks have nobody who answers. */
const refusedCodes = /^(28P01|28000|3D000|tasks\/not-ready)$/;

/** An error as a person needs it: what happened, what to do, and which exit code a script gets. */
export function explain(error: unknown): Explained {
  const { code, message } = wordsOf(error);
  const next = nextSteps[code];
  const told = { code, message, ...(next !== undefined && { next }) };
  if (error instanceof CommanderError)
    return { ...told, exitCode: error.exitCode === 0 ? 0 : exitCodes.usage };
  if (error instanceof UsageError || error instanceof InvalidConfiguration || isOfFile(error))
    return { ...told, exitCode: exitCodes.usage };
  if (isUnanswered(error, code))
    return { next: '`carillon doctor` says what is wrong', ...told, exitCode: exitCodes.unreachable };
  if (error instanceof CommandRejectedError) {
    const where = error.field === undefined ? '' : ` (${error.field})`;
    return { ...told, message: `${message}${where}`, exitCode: exitCodes.no };
  }
  return { ...told, exitCode: exitCodes.no };
}

const isUnanswered = (error: unknown, code: string): boolean =>
  answers.some((kind) => error instanceof kind) ||
  (error instanceof HttpProblemError && error.status >= 503) ||
  refusedCodes.test(code) ||
  isLostConnection(met(error)) ||
  (error instanceof Error && error.name.startsWith('KafkaJS'));

/** A file that was named cannot be read: nothing was asked of anybody. Sockets are read too, so a failed read tells by its code alone. */
const isOfFile = (error: unknown): boolean =>
  error instanceof Error &&
  (('syscall' in error && error.syscall === 'open') || ('code' in error && error.code === 'EISDIR'));

/** What fetch met stands in its cause alone. */
const met = (error: unknown): unknown =>
  error instanceof Error && error.message === 'fetch failed' && error.cause instanceof Error
    ? error.cause
    : error;

function wordsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  // several addresses of one name were tried: Node tells each by itself, and nothing of the whole
  if (error instanceof AggregateError && error.message === '')
    return { code, message: error.errors.map((one) => wordsOf(one).message).join('; ') };
  if (met(error) !== error) return wordsOf(met(error));
  return { code, message: error.message };
}

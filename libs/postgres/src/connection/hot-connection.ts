import type { Socket } from 'node:net';
import pg from 'pg';
import { DataLogError, messageOf, TransientLogError } from '#engine';
import { connectionBounds } from './connection-bounds.js';
import type { Statement } from './statement.js';

export interface Logger {
  warn(details: object, message: string): void;
}

export interface HotConnectionSettings {
  readonly databaseUrl: string;
  readonly applicationName: string;
  readonly log: Logger;
  /** Bounds of design: nobody holds others up, whatever freezes. */
  readonly transactionTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  /** A server that says nothing for so long is gone, whatever the network thinks: the connection is given up. */
  readonly answerTimeoutMs?: number;
  /** Commits wait for the disk (default). Without: for what may be repeated after a crash of the database. */
  readonly durable?: boolean;
}

export interface Call {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

export type Answers = readonly pg.QueryArrayResult<unknown[]>[];

export interface Session {
  /** As `HotConnection.send`, in this session only. */
  send(calls: readonly Call[]): Promise<Answers>;
}

const begin: Statement = { name: 'begin', text: 'begin' };
const commit: Statement = { name: 'commit', text: 'commit' };
const rollback: Statement = { name: 'rollback', text: 'rollback' };
export const transaction = {
  begin: { statement: begin, values: [] } satisfies Call,
  commit: { statement: commit, values: [] } satisfies Call,
  rollback: { statement: rollback, values: [] } satisfies Call,
};

/** The server itself ends whatever takes longer than two seconds. */
const defaultAnswerTimeoutMs = 15_000;

/** The server itself ends a transaction within two seconds. */
const goodbyeMaxMs = 3_000;

/**
 * One connection, pipelined, for the few statements that run thousands of times a second. Several calls leave in one
 * network write, so a client that freezes after deciding cannot sit on a lock: the commit is already on its way.
 * Connects again by itself at the next use.
 */
export class HotConnection {
  #client: pg.Client | null = null;
  #connecting: Promise<pg.Client> | null = null;
  #closed = false;
  #generation = 0;
  /** Sessions that the server ended because a transaction took too long. */
  readonly #tooSlow = new WeakSet<pg.Client>();

  constructor(private readonly settings: HotConnectionSettings) {}

  /** Rises with every session: what belonged to a former one (advisory locks) is gone. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Sends all calls at once; answers their rows in order. If one fails, all after it in the same transaction fail too,
   * and the first cause is thrown.
   * @throws TransientLogError, DataLogError
   */
  async send(calls: readonly Call[]): Promise<Answers> {
    return this.#sendOn(await this.#connected(), calls);
  }

  /** For a transaction of several sends: all of them go to one session, or nowhere. */
  async session(): Promise<Session> {
    const client = await this.#connected();
    return {
      send: async (calls) => {
        // what was read in a session that has ended holds no lock any more; in a new one a decision on it would stand alone
        if (this.#client !== client)
          throw new TransientLogError('the session ended before its transaction did', {
            isTooSlow: this.#tooSlow.has(client),
          });
        return this.#sendOn(client, calls);
      },
    };
  }

  async #sendOn(client: pg.Client, calls: readonly Call[]): Promise<Answers> {
    // without the cork each statement would be a packet of its own, and a freeze could fall between two of them
    const stream = streamOf(client);
    stream.cork();
    const answers = calls.map(({ statement: { name, text }, values }) =>
      client.query<unknown[]>({ name, text, values: [...values], rowMode: 'array' }),
    );
    stream.uncork();
    // a server that vanished sends no reset, and what was sent to it would be repeated for a quarter of an hour
    const silence = setTimeout(
      () => stream.destroy(new Error('the server does not answer')),
      this.settings.answerTimeoutMs ?? defaultAnswerTimeoutMs,
    );
    const settled = await Promise.allSettled(answers);
    clearTimeout(silence);
    const failed = settled.find((answer) => answer.status === 'rejected');
    if (failed !== undefined) throw classify(failed.reason, this.#tooSlow.has(client));
    return settled.map((answer) => (answer as PromiseFulfilledResult<pg.QueryArrayResult<unknown[]>>).value);
  }

  /** Ends a transaction that went wrong; a connection that cannot even do that is thrown away. */
  async abandon(): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    try {
      await this.#sendOn(client, [transaction.rollback]);
    } catch (error) {
      this.settings.log.warn({ error: String(error) }, 'connection dropped after a failed transaction');
      this.#forget(client);
      await client.end();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    if (client !== null) await goodbye(client);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#closed) throw new TransientLogError('the connection to Postgres is closed');
    if (this.#client !== null) return this.#client;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #connect(): Promise<pg.Client> {
    const { databaseUrl, applicationName } = this.settings;
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: applicationName,
      ...connectionBounds,
      pipeline: true,
      types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
      options: this.#options(),
    });
    client.on('error', (error) => {
      this.settings.log.warn({ error: error.message }, 'connection to Postgres lost');
      if (isCutOff(error)) this.#tooSlow.add(client);
      this.#forget(client);
    });
    client.on('end', () => this.#forget(client));
    try {
      await client.connect();
    } catch (error) {
      throw new TransientLogError(`cannot connect to Postgres: ${messageOf(error)}`, { cause: error });
    }
    if (this.#closed) {
      await client.end();
      throw new TransientLogError('the connection to Postgres is closed');
    }
    this.#client = client;
    this.#generation += 1;
    return client;
  }

  #options(): string {
    const {
      transactionTimeoutMs = 2_000,
      idleInTransactionTimeoutMs = 1_000,
      lockTimeoutMs = 500,
      durable = true,
    } = this.settings;
    return Object.entries({
      TimeZone: 'UTC',
      transaction_timeout: transactionTimeoutMs,
      idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
      lock_timeout: lockTimeoutMs,
      // Each statement joins a short list to an index, whatever the tables have grown to since the plan was made.
      plan_cache_mode: 'force_generic_plan',
      enable_seqscan: 'off',
      enable_hashjoin: 'off',
      enable_mergejoin: 'off',
      enable_bitmapscan: 'off',
      jit: 'off',
      synchronous_commit: durable ? 'on' : 'off',
    })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' ');
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
  }
}

const timestamptzOid = 1184;
const int8Oid = 20;
const plainNumberOids = new Set([21, 23]);

const minuteLength = 17;
/** `2026-01-02 03:04:`: moments of one answer mostly lie within two minutes, by turns (recorded now, due then), whose beginnings are worked out once. */
let latest = { minute: '-', epochMs: 0 };
let before = latest;

/** `2026-01-02 03:04:05.678+00`; outside the years 1 to 9999 with more digits, or with BC behind. */
function toEpochMs(text: string): number {
  const isPlain = text.charCodeAt(10) === 32 && text.endsWith('+00');
  if (!isPlain) return farEpochMs(text);
  if (!text.startsWith(latest.minute)) {
    const known = text.startsWith(before.minute) ? before : minuteOf(text);
    [before, latest] = [latest, known];
  }
  let ms = (digit(text, 17) * 10 + digit(text, 18)) * 1_000;
  // up to six digits behind a point, without noughts at the end; below the millisecond nothing is kept
  const end = text.length - 3;
  for (let at = 20, worth = 100; at < end && worth >= 1; at += 1, worth /= 10) ms += digit(text, at) * worth;
  return latest.epochMs + ms;
}

function minuteOf(text: string): typeof latest {
  const minute = text.slice(0, minuteLength);
  return { minute, epochMs: Date.parse(`${minute.replace(' ', 'T')}00Z`) };
}

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

function farEpochMs(text: string): number {
  const [date = '', time = ''] = text.split(' ');
  const [year = '', ...monthAndDay] = date.split('-');
  // the year before 1 is 1 BC to Postgres and 0 to ISO 8601, which wants six digits and a sign
  const number = text.endsWith('BC') ? 1 - Number(year) : Number(year);
  const isoYear = `${number < 0 ? '-' : '+'}${String(Math.abs(number)).padStart(6, '0')}`;
  return Date.parse(`${[isoYear, ...monthAndDay].join('-')}T${time}:00`);
}

/** Moments arrive as epoch milliseconds, 8-byte integers as bigint, everything else that we select as text. */
export function typeParser(oid: number): (value: string) => unknown {
  if (oid === timestamptzOid) return toEpochMs;
  if (oid === int8Oid) return BigInt;
  if (plainNumberOids.has(oid)) return Number;
  return pg.types.getTypeParser(oid);
}

const streamOf = (client: pg.Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** What is under way is finished first, by a server that answers. */
async function goodbye(client: pg.Client): Promise<void> {
  const patience = setTimeout(() => streamOf(client).destroy(), goodbyeMaxMs);
  await client.end();
  clearTimeout(patience);
}

// Postgres error classes that say the data is at fault: 22 data exception, 23 integrity, 54 program limit.
const dataClasses = new Set(['22', '23', '54']);
/** A name, a version or an id that another transaction has just taken: load again and see it. */
const uniqueViolation = '23505';
/** The log has other partitions than the writer believes: see append-events.sql. */
const topologyConstraint = 'log_head_topology';

/** Of a check; also said, without a constraint's name, of a log that has no partition for the day. */
const checkViolation = '23514';
const isDayMissing = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === checkViolation && error.constraint === undefined;

/** No position, for want of a head to take it from: see append-events.sql. */
const notNullViolation = '23502';
const isHeadMissing = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === notNullViolation && error.column === 'position';

/** transaction_timeout, idle_in_transaction_session_timeout */
const cutOffCodes = new Set(['25P04', '25P03']);
export const isCutOff = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && cutOffCodes.has(error.code ?? '');

const headMissing =
  'a partition of the log has no row in log_head, so nothing can be written to it; every process that starts makes a missing one: restart the scheduler, then run carillon verify';

function classify(error: unknown, isSessionTooSlow: boolean): Error {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  const isConflict = code === uniqueViolation;
  // no event can be written, whatever it says: it is not the batch that is at fault
  if (isHeadMissing(error)) return new TransientLogError(headMissing, { cause: error, isTopologyOld: true });
  const isTopologyOld = error instanceof pg.DatabaseError && error.constraint === topologyConstraint;
  const isOfData = !isConflict && !isTopologyOld && !isDayMissing(error);
  if (isOfData && dataClasses.has(code.slice(0, 2))) {
    return new DataLogError(`Postgres refused the batch (${code}): ${messageOf(error)}`, { cause: error });
  }
  return new TransientLogError(`Postgres: ${messageOf(error)}${code === '' ? '' : ` (${code})`}`, {
    cause: error,
    isConflict,
    isTopologyOld,
    isTooSlow: isSessionTooSlow || isCutOff(error),
  });
}

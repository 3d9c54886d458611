import pg from 'pg';
import { messageOf, QueryUnavailableError } from '#engine';
import { connectionBounds } from '../connection/connection-bounds.js';
import { type Logger, typeParser } from '../connection/hot-connection.js';

export interface ReadPoolSettings {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Logger;
  /** Connections; a query waits for one at most `waitTimeoutMs`. */
  readonly connectionsMax?: number;
  readonly waitTimeoutMs?: number;
  /** A query that takes longer is ended by the database; one that is not answered `answerGraceMs` later fails, with its connection. */
  readonly statementTimeoutMs?: number;
}

/** For the answer of a database that ends a query in time: what is still silent then is frozen, or its machine is gone. */
const answerGraceMs = 2_000;

/** Rows come as arrays. */
export interface Reads {
  /** @throws QueryUnavailableError */
  rows(text: string, values: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
}

/** By an ordinary pool, in UTC as it is set there, with errors as they come. */
export const readsBy = (pool: pg.Pool): Reads => ({
  rows: async (text, values) => {
    const types = { getTypeParser: typeParser as typeof pg.types.getTypeParser };
    return (await pool.query<unknown[]>({ text, values: [...values], rowMode: 'array', types })).rows;
  },
});

/** Reads that change nothing, from the database or from a replica of it. */
export class ReadPool implements Reads {
  readonly #pool: pg.Pool;

  constructor(settings: ReadPoolSettings) {
    const { databaseUrl, applicationName, log, connectionsMax = 4, waitTimeoutMs = 5_000 } = settings;
    const { statementTimeoutMs = 5_000 } = settings;
    this.#pool = new pg.Pool({
      ...connectionBounds,
      connectionString: databaseUrl,
      application_name: applicationName,
      max: connectionsMax,
      connectionTimeoutMillis: waitTimeoutMs,
      query_timeout: statementTimeoutMs + answerGraceMs,
      types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
      options: optionsOf(statementTimeoutMs),
    });
    this.#pool.on('error', (error) =>
      log.warn({ error: error.message }, 'idle reading connection to Postgres lost'),
    );
  }

  async rows(text: string, values: readonly unknown[]): Promise<readonly (readonly unknown[])[]> {
    try {
      const answer = await this.#pool.query<unknown[]>({ text, values: [...values], rowMode: 'array' });
      return answer.rows;
    } catch (error) {
      throw unavailable(error);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

function optionsOf(statementTimeoutMs: number): string {
  return Object.entries({
    TimeZone: 'UTC',
    default_transaction_read_only: 'on',
    statement_timeout: statementTimeoutMs,
    // what is asked differs from query to query: each plan is made for its own values
    plan_cache_mode: 'force_custom_plan',
    // the tables are read by index from memory or flash, where a page costs nearly the same wherever it lies
    random_page_cost: 1.1,
    jit: 'off',
  })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

const queryCanceled = '57014';

function unavailable(error: unknown): QueryUnavailableError {
  const isTimeout = error instanceof pg.DatabaseError && error.code === queryCanceled;
  return new QueryUnavailableError(`Postgres did not answer: ${messageOf(error)}`, isTimeout, {
    cause: error,
  });
}

// What is needed of a Postgres driver; `pg` has it as it is.

/** A transaction of the caller's: a `pg` client, or TypeORM's entity manager or query runner. */
export interface SqlTransaction {
  query(text: string, values: unknown[]): Promise<unknown>;
}

export interface SqlConnection {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  /** @param isBroken its transaction may still be open: it must be ended, and nobody may use it again */
  release(isBroken?: boolean): void;
  /** Of a driver that tells of a connection that broke while nothing was asked of it, as `pg` does. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
  off?(event: 'error', listener: (error: Error) => void): unknown;
}
/** `pg.Pool`, or `typeOrmPool(dataSource)`. */
export interface SqlPool {
  connect(): Promise<SqlConnection>;
}

/** What is needed of a TypeORM data source. */
export interface QueryRunnerSource {
  createQueryRunner(): {
    connect(): Promise<unknown>;
    query(text: string, values?: unknown[]): Promise<unknown>;
    release(): Promise<void>;
    /** Its Postgres runners have this beside what all runners have: given an error, the pool ends the connection. */
    releasePostgresConnection?(error: Error): Promise<void>;
  };
}

/** The connections of a TypeORM data source, for the shipper. */
export const typeOrmPool = (source: QueryRunnerSource): SqlPool => ({
  connect: async () => {
    const runner = source.createQueryRunner();
    await runner.connect();
    return {
      query: async (text, values) => {
        const answer = await runner.query(text, values);
        return { rows: Array.isArray(answer) ? answer : [] };
      },
      release: (isBroken) =>
        void (isBroken === true && runner.releasePostgresConnection !== undefined
          ? runner.releasePostgresConnection(new Error('a shipment could not be rolled back'))
          : runner.release()),
    };
  },
});

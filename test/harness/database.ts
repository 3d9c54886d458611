import pg from 'pg';
import { inject } from 'vitest';

let made = 0;

export interface Database {
  readonly url: string;
  drop(): Promise<void>;
}

/** An empty database of the test server, gone when the spec file is done with it. */
export async function freshDatabase(): Promise<Database> {
  const server = inject('databaseUrl');
  made += 1;
  const name = `spec_${process.pid}_${Date.now()}_${made}`;
  await administer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => dropWhenLeft(server, name),
  };
}

/** For a spec that looks into a database of its own, which goes with it. */
export function poolOf({ url, drop }: Database): { readonly pool: pg.Pool; close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  let isDropping = false;
  // the pool says that it has ended before its last sockets are closed, and the drop ends what is left of them
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      if (!isDropping) throw error;
    });
  });
  return {
    pool,
    close: async () => {
      isDropping = true;
      await pool.end();
      await drop();
    },
  };
}

/** Of sessions that have been closed, by whom or by the end of their process. */
const leftWithinMs = 2_000;

/**
 * Whoever has said goodbye to it is gone within moments, yet later than its pool says so. Ended by force before that, a session complains to
 * a client that nobody listens to any more, and that ends the run.
 */
async function dropWhenLeft(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const until = performance.now() + leftWithinMs;
    for (;;) {
      const { rowCount } = await client.query('select from pg_stat_activity where datname = $1', [name]);
      if (rowCount === 0 || performance.now() > until) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.query(`drop database if exists ${name} with (force)`);
  } finally {
    await client.end();
  }
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

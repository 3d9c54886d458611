import pg from 'pg';
import { inject } from 'vitest';

let made = 0;

/** An empty database of the test server, gone when the spec file is done with it. */
export async function freshDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const server = inject('databaseUrl');
  made += 1;
  const name = `spec_${process.pid}_${Date.now()}_${made}`;
  await administer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => administer(server, `drop database if exists ${name} with (force)`),
  };
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

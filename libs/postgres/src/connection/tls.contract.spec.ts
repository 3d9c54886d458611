import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedPostgres, freePort } from '#embedded';
import { migrate, openPostgresApiStore, openPostgresQueries, openPostgresStore } from '#postgres';

// A Postgres that takes nobody into its database without TLS, with a certificate for `localhost` of an authority of its own.

const dir = join(process.cwd(), '.carillon', `tls-${process.pid}`);
const file = (name: string): string => join(dir, name);
const partitions = 4;
const applicationName = 'over tls';
const log = { warn: () => undefined };

const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'pipe' });
const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function makeAuthority(name: string): void {
  openssl(
    'req',
    '-x509',
    ...ec,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    file(`${name}.key`),
    '-out',
    file(`${name}.pem`),
  );
}

function makeCertificate(authority: string): void {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const signed = ['-CA', file(`${authority}.pem`), '-CAkey', file(`${authority}.key`)];
  const out = ['-keyout', file('server.key'), '-out', file('server.pem')];
  openssl('req', '-x509', ...ec, '-days', '2', ...names, ...signed, ...out);
  // Postgres takes no key that others may read
  chmodSync(file('server.key'), 0o600);
  if (process.getuid?.() === 0) chownSync(file('server.key'), idOf('-u'), idOf('-g'));
}
const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

describe('a Postgres behind TLS', () => {
  let server: EmbeddedPostgres;
  /** @param host that the certificate is checked against */
  const urlOf = (query: string, host = 'localhost'): string =>
    `${server.databaseUrl.replace('@127.0.0.1:', `@${host}:`)}${query}`;
  const verified = (authority: string): string =>
    `?sslmode=verify-full&sslrootcert=${file(`${authority}.pem`)}`;

  beforeAll(async () => {
    mkdirSync(dir, { recursive: true });
    makeAuthority('ours');
    makeAuthority('theirs');
    makeCertificate('ours');
    // the server's own upkeep goes to the database `postgres`
    writeFileSync(
      file('hba.conf'),
      'host postgres all all scram-sha-256\nhostssl all all all scram-sha-256\n',
    );
    server = new EmbeddedPostgres({
      dataDir: file('postgres'),
      port: await freePort(),
      settings: {
        ssl: 'on',
        ssl_cert_file: file('server.pem'),
        ssl_key_file: file('server.key'),
        hba_file: file('hba.conf'),
        shared_buffers: '16MB',
      },
    });
    await server.start();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const connect = async (url: string): Promise<string> => {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return 'connected';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  it('is reached by every kind of connection that the processes make', async () => {
    const databaseUrl = urlOf(verified('ours'));
    await migrate(databaseUrl, partitions);
    const settings = { databaseUrl, applicationName, partitions, log };
    const store = openPostgresStore(settings);
    const api = openPostgresApiStore([databaseUrl], settings);
    const { queries, close } = openPostgresQueries(settings);
    const pool = new pg.Pool({ connectionString: databaseUrl, application_name: applicationName });
    await store.log.storedOffsets('t', [0]);
    await store.due.now();
    await store.feed.heads([0]);
    await api.live.heads([0]);
    await api.keys.list(1);
    await queries.count({}, 1);
    const { rows } = await pool.query<{ ssl: boolean; version: string }>(
      `select s.ssl, s.version from pg_stat_ssl s join pg_stat_activity a using (pid) where a.application_name like '${applicationName}%'`,
    );
    await Promise.all([store.close(), api.close(), close(), pool.end()]);
    expect(rows.length).toBeGreaterThanOrEqual(5);
    expect(rows.filter(({ ssl, version }) => !ssl || version !== 'TLSv1.3')).toEqual([]);
  });

  it('is not trusted with a certificate of another authority, or of none that is known', async () => {
    expect(await connect(urlOf(verified('theirs')))).toMatch(/certificate/);
    expect(await connect(urlOf('?sslmode=verify-full'))).toMatch(/certificate/);
  });

  it('is not trusted under a name that its certificate does not have', async () => {
    expect(await connect(urlOf(verified('ours'), '127.0.0.1'))).toMatch(/does not match certificate/);
  });

  it('takes nobody in without TLS', async () => {
    expect(await connect(urlOf(''))).toMatch(/no encryption/);
  });
});

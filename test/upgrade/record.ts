import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '#embedded';
import { migrate, verify } from '#postgres';
import { dumpRows } from './dump.js';
import { live } from './life.js';

// Records what the present code writes, for the upgrade specs of the versions to come:
//   node dist/test/upgrade/record.js libs/postgres/fixtures/NNNN-rows.sql
// NNNN is the number of the last migration. Run once when a migration is released; fixtures are never made anew.

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('which file?');
const homeDir = join(process.cwd(), '.carillon');
const dataDir = join(homeDir, `record-${process.pid}`);
mkdirSync(dataDir, { recursive: true });
// no broker is needed: what is to be sent is left pending, or taken for sent
const servers = await startEmbedded({ homeDir, dataDir, env: { KAFKA_BROKERS: '127.0.0.1:1' } });
try {
  await migrate(servers.databaseUrl, 4);
  await live(servers.databaseUrl);
  const pool = new pg.Pool({ connectionString: servers.databaseUrl });
  const { findings, events, timers } = await verify(pool);
  if (findings.length > 0) throw new Error(`not worth recording: ${JSON.stringify(findings)}`);
  writeFileSync(file, await dumpRows(pool));
  await pool.end();
  process.stdout.write(`${timers} timers, ${events} events\n`);
} finally {
  await servers.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

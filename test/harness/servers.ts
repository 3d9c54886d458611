import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type EmbeddedServers, startEmbedded } from '#embedded';

declare module 'vitest' {
  export interface ProvidedContext {
    kafkaBrokers: string;
    databaseUrl: string;
  }
}

const homeDir = join(process.cwd(), '.carillon');
const dataDir = join(homeDir, `test-${process.pid}`);

// one pair of servers for all projects of a run, ended by the last one
let users = 0;
let servers: Promise<EmbeddedServers> | null = null;

/** Real servers for specs: those of KAFKA_BROKERS and DATABASE_URL, or embedded ones on free ports. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  servers ??= startEmbedded({
    homeDir,
    dataDir,
    env: { KAFKA_BROKERS: process.env.KAFKA_BROKERS, DATABASE_URL: process.env.DATABASE_URL },
  });
  const { kafkaBrokers, databaseUrl } = await servers;
  project.provide('kafkaBrokers', kafkaBrokers);
  project.provide('databaseUrl', databaseUrl);
  return async () => {
    users -= 1;
    if (users > 0) return;
    const started = await servers;
    servers = null;
    await started?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

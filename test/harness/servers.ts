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

interface Shared {
  users: number;
  servers: Promise<EmbeddedServers> | null;
}
// One pair of servers for all projects of a run, ended by the last one. Each project loads this file anew, so what they
// share lies outside of it.
const holder = globalThis as { carillonTestServers?: Shared };
holder.carillonTestServers ??= { users: 0, servers: null };
const shared = holder.carillonTestServers;

/** Real servers for specs: those of KAFKA_BROKERS and DATABASE_URL, or embedded ones on free ports. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users += 1;
  shared.servers ??= startEmbedded({
    homeDir,
    dataDir,
    env: { KAFKA_BROKERS: process.env.KAFKA_BROKERS, DATABASE_URL: process.env.DATABASE_URL },
  });
  const { kafkaBrokers, databaseUrl } = await shared.servers;
  project.provide('kafkaBrokers', kafkaBrokers);
  project.provide('databaseUrl', databaseUrl);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    const started = await shared.servers;
    shared.servers = null;
    await started?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

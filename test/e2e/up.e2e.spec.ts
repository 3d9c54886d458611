import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

/** Signals closer together are one Ctrl-C. */
const sameSignalMs = 1_000;
const names = ['scheduler', 'fire', 'api', 'hooks-demo'] as const;
let cluster: Cluster;
/** Where it runs: its logs and its run.json are there. */
let folder: string;
const started: Up[] = [];

/** `carillon up` on the servers of the specs, with topics of its own. */
class Up {
  readonly #lines: string[] = [];
  constructor(readonly process: ChildProcess) {
    for (const stream of [process.stdout, process.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#lines.push(line));
  }

  static async start(): Promise<Up> {
    const up = await Up.begin();
    await up.untilSaid('up after');
    return up;
  }

  static async begin(): Promise<Up> {
    const up = new Up(
      spawn(process.execPath, [resolve('dist/apps/cli/src/main.js'), 'up'], {
        cwd: folder,
        env: {
          ...process.env,
          ...cluster.processVariables,
          CARILLON_HTTP_PORT: String(await freePort()),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    started.push(up);
    return up;
  }

  untilSaid(text: string): Promise<unknown> {
    return eventually(`it says ${text}`, () => {
      if (this.process.exitCode !== null) throw new Error(`it ended: ${this.#lines.join('\n')}`);
      return this.has(text);
    });
  }

  has(text: string): boolean {
    return this.#lines.some((line) => line.includes(text));
  }
}

const isRunning = () => existsSync(join(folder, '.carillon', 'run.json'));
/** By the first line of its log. */
const pidOf = (name: string): number => {
  const [line = ''] = readFileSync(join(folder, '.carillon', 'logs', `${name}.log`), 'utf8').split('\n');
  return (JSON.parse(line) as { pid: number }).pid;
};
/** One that has ended may wait for whoever reaps it. */
const isGone = (pid: number): boolean => {
  try {
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
};
const untilGone = (pids: readonly number[]) => eventually('all are gone', () => pids.every(isGone));

beforeAll(async () => {
  cluster = await Cluster.open();
  folder = mkdtempSync(join(tmpdir(), 'carillon-'));
});
afterAll(async () => {
  for (const { process } of started) process.kill('SIGKILL');
  await cluster.close();
  rmSync(folder, { recursive: true });
});

describe('carillon up', () => {
  it('comes up on topics of another prefix, and leaves no process behind where it is killed', async () => {
    const up = await Up.start();
    expect(up.has('sample timers: 4 made')).toBe(true);
    await eventually('a sample is fired, handled and told', () => up.has('closed'));
    const pids = names.map(pidOf);
    expect(pids.some(isGone)).toBe(false);
    up.process.kill('SIGKILL');
    await untilGone(pids);
  });

  it('ends in order where its terminal closes', async () => {
    const up = await Up.start();
    const pids = names.map(pidOf);
    expect(isRunning()).toBe(true);
    // nobody reads any more, and the shell says so
    up.process.stdout?.destroy();
    up.process.kill('SIGHUP');
    expect(await once(up.process, 'exit')).toEqual([0, null]);
    expect([isRunning(), pids.every(isGone)]).toEqual([false, true]);
  });

  it('says nothing of being up where it is ended before', async () => {
    const up = await Up.begin();
    await up.untilSaid('Postgres');
    up.process.kill('SIGINT');
    expect(await once(up.process, 'close')).toEqual([0, null]);
    expect([up.has('up after'), up.has('stopped')]).toEqual([false, true]);
  });

  it('ends at once at a second Ctrl-C, also what does not answer', async () => {
    const up = await Up.start();
    const pids = names.map(pidOf);
    process.kill(pidOf('scheduler'), 'SIGSTOP');
    const exited = once(up.process, 'exit');
    up.process.kill('SIGINT');
    // the same Ctrl-C, passed on by npm
    up.process.kill('SIGINT');
    await eventually('the others have ended', () => pids.filter(isGone).length === names.length - 1);
    await after(sameSignalMs);
    expect(up.process.exitCode).toBeNull();
    up.process.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    await untilGone(pids);
  });
});

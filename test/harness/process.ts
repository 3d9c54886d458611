import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process of the product, really started, and really killed. */
export class TestProcess {
  readonly lines: string[] = [];
  readonly exited: Promise<void>;

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.exited = once(child, 'exit').then(() => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
  }

  /** @param script of the build, below `dist` */
  static start(
    name: string,
    script: string,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): TestProcess {
    const file = join(process.cwd(), 'dist', script);
    return new TestProcess(
      name,
      spawn(process.execPath, [file, ...args], {
        env: { ...process.env, CARILLON_ENV: 'development', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** By SIGSTOP, its own among them; until SIGCONT. */
  get isFrozen(): boolean {
    // "pid (name) state …", and the name may hold anything
    return /\) T [^)]*$/.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8'));
  }

  get endedBy(): string | null {
    return this.child.signalCode;
  }

  has(text: string): boolean {
    return this.lines.some((line) => line.includes(text));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.hasExited) return;
    // a frozen process takes only this one
    this.signal('SIGKILL');
    await this.exited;
  }

  async stop(): Promise<void> {
    if (this.hasExited) return;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    await this.exited;
  }
}

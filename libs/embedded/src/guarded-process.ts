import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EmbeddedServerProblem } from './problem.js';

export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** How this server is asked to end. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * A server that cannot outlive us: between it and us stands a guard whose standard input we hold. Whatever ends us, also
 * SIGKILL, closes that pipe, and the guard ends the server.
 */
export class GuardedProcess {
  readonly #lines: string[] = [];
  #exitCode: number | null = null;

  private constructor(
    private readonly guard: ChildProcess,
    /** Of the server itself. */
    readonly pid: number,
  ) {
    guard.once('exit', (code) => {
      this.#exitCode = code ?? 1;
    });
  }

  static async start(command: ServerCommand, onLine: (line: string) => void): Promise<GuardedProcess> {
    const script = fileURLToPath(new URL('../guard.mjs', import.meta.url));
    const guard = spawn(process.execPath, [script, JSON.stringify(command)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    // a dead guard is found by its exit, not by a broken pipe
    guard.stdin.on('error', () => undefined);
    const lines = createInterface({ input: guard.stdout });
    const [first] = (await Promise.race([once(lines, 'line'), once(guard, 'exit').then(() => ['{}'])])) as [
      string,
    ];
    const { pid, error } = JSON.parse(first) as { pid?: number; error?: string };
    if (pid === undefined)
      throw new EmbeddedServerProblem(`${command.file} did not start: ${error ?? 'no reason was given'}`);
    const server = new GuardedProcess(guard, pid);
    lines.on('line', (line) => {
      server.#remember(line);
      onLine(line);
    });
    guard.unref();
    return server;
  }

  get isRunning(): boolean {
    return this.#exitCode === null;
  }

  /** The last lines it printed, for an error message. */
  get tail(): string {
    return this.#lines.join('\n');
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.guard, 'exit');
    this.guard.ref();
    this.guard.stdin?.end();
    await gone;
  }

  #remember(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 20) this.#lines.shift();
  }
}

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const endWithParent = new URL('end-with-parent.js', import.meta.url).href;

/** One process of Carillon, its log in a file. It cannot outlive us: we hold its standard input, and it ends at the end of that. */
export class Child {
  private constructor(
    readonly name: string,
    readonly logFile: string,
    private readonly process: ChildProcessByStdio<Writable, Readable, Readable>,
    private readonly up: Promise<void>,
  ) {}

  static start(name: string, env: Readonly<Record<string, string>>, logDir: string): Child {
    mkdirSync(logDir, { recursive: true });
    const logFile = join(logDir, `${name}.log`);
    const log = createWriteStream(logFile);
    const script = fileURLToPath(new URL(`../../${name}/src/main.js`, import.meta.url));
    // a group of its own: Ctrl-C reaches us, and we end the children in order
    const child = spawn(process.execPath, ['--import', endWithParent, script], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // a dead child is found by its exit, not by a broken pipe
    child.stdin.on('error', () => undefined);
    const up = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          log.write(`${line}\n`);
          if (/ (is|are) up"/.test(line)) resolve();
        });
      }
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}; its log is ${logFile}`)));
    });
    // told to whoever waits for it, and at the latest by `untilUp`
    up.catch(() => undefined);
    return new Child(name, logFile, child, up);
  }

  untilUp(): Promise<void> {
    return this.up;
  }

  onExit(tell: (code: number | null) => void): void {
    this.process.once('exit', tell);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.stdin.end();
    await gone;
  }

  /** At once, frozen or not. */
  kill(): void {
    this.process.kill('SIGKILL');
  }
}

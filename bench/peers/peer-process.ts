import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Ask, Report } from './protocol.js';

interface Answers {
  readonly open: object;
  readonly batch: { readonly tookMs: number };
  readonly single: { readonly tookMs: number };
  readonly work: object;
  readonly reset: object;
  readonly report: Report;
}

/** One process of a peer, asked line by line. */
export class PeerProcess {
  static readonly #running = new Set<ChildProcess>();

  readonly #answers: AsyncIterator<string>;

  private constructor(
    private readonly child: ChildProcess,
    lines: Interface,
  ) {
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** After a failure: none outlives the run. */
  static killAll(): void {
    for (const child of PeerProcess.#running) child.kill('SIGKILL');
  }

  static async start(command: readonly [string, ...string[]], url: string): Promise<PeerProcess> {
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    PeerProcess.#running.add(child);
    child.once('exit', () => PeerProcess.#running.delete(child));
    const peer = new PeerProcess(child, createInterface({ input: child.stdout }));
    await peer.ask({ op: 'open', url });
    return peer;
  }

  /** One question at a time. @throws if the process has ended */
  async ask<Op extends Ask['op']>(ask: Extract<Ask, { op: Op }>): Promise<Answers[Op]> {
    this.child.stdin?.write(`${JSON.stringify(ask)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the peer's process ended instead of an answer to ${ask.op}`);
    return JSON.parse(value) as Answers[Op];
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async end(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.stdin?.end();
    const patience = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(patience);
  }
}

import { randomUUID } from 'node:crypto';
import type { DataCipher, ParsedDue } from '#contract';
import type { Logger } from '#kafka';
import { openingHooks, sealingSend } from './encrypted-hook.js';
import type { Hook, HookFactory, HookHandler } from './handler.js';
import { HookRun, machineClock, type RunClock } from './hook-run.js';
import { LazyHook } from './lazy-hook.js';
import { fittingSend, type SendAnswer } from './send-answer.js';
import { type RunEnd, TimerQueues } from './timer-queues.js';

/** By hook class. */
export type Hooks = Readonly<Record<string, Hook | HookHandler | HookFactory>>;

export interface HookRunnerOptions {
  readonly hooks: Hooks;
  readonly send: SendAnswer;
  readonly log: Logger;
  /** Handlers at a time; default 64. */
  readonly parallelism?: number;
  /** False: so much waits to be sent that no further handler begins while others run. */
  readonly hasRoom?: () => boolean;
  /** Default: the machine's. */
  readonly clock?: RunClock;
  readonly cipher?: DataCipher;
}

/** Runs handlers for due events, wherever these come from: those of one timer in order, others side by side. */
export class HookRunner {
  readonly #hooks: ReadonlyMap<string, LazyHook>;
  readonly #queues: TimerQueues;
  readonly #name = `${process.pid}-${randomUUID().slice(0, 8)}`;

  readonly #send: SendAnswer;

  constructor(private readonly options: HookRunnerOptions) {
    const { hooks, log, cipher, parallelism = 64, hasRoom } = options;
    // as it leaves: sealed, it is longer
    const send = fittingSend(options.send);
    this.#send = cipher === undefined ? send : sealingSend(send, cipher);
    this.#hooks = new Map(
      Object.entries(hooks).map(([hookClass, hook]) => [
        hookClass,
        new LazyHook(hookClass, opened(factoryOf(hook), cipher), log),
      ]),
    );
    this.#queues = new TimerQueues(parallelism, hasRoom);
  }

  /**
   * False: no hook is there for it, or it is a repeat of what was taken before. Otherwise `done` is called once, when nothing more
   * is done about it here.
   */
  take(hookClass: string, due: Extract<ParsedDue, { ok: true }>, done: (end: RunEnd) => void): boolean {
    const hook = this.#hooks.get(hookClass);
    if (hook === undefined) return false;
    const { log, clock = machineClock } = this.options;
    const deps = { send: this.#send, log, clock, worker: this.#name };
    return this.#queues.add(due, () => new HookRun(due, hook, deps), done);
  }

  /**
   * Lets go of what has not begun before it returns, waits so long for what runs, hands back what runs still, and stops each hook that was
   * made.
   */
  async stop(waitMs: number): Promise<void> {
    await this.#queues.drain(waitMs);
    await Promise.all([...this.#hooks.values()].map((hook) => hook.stop()));
  }
}

const opened = (factory: HookFactory, cipher: DataCipher | undefined): HookFactory =>
  cipher === undefined ? factory : openingHooks(factory, cipher);

function factoryOf(hook: Hook | HookHandler | HookFactory): HookFactory {
  if (typeof hook === 'function') return { create: () => ({ handle: hook }) };
  return 'create' in hook ? hook : { create: () => hook };
}

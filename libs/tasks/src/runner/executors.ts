import type { TaskExecutor } from './executor.js';

/** Executors of a runner by their codes. */
export class Executors {
  readonly #byCode = new Map<string, TaskExecutor>();

  /** The first of a code counts, later ones are ignored: false. */
  register(code: string | number, executor: TaskExecutor): boolean {
    if (this.#byCode.has(String(code))) return false;
    this.#byCode.set(String(code), executor);
    return true;
  }

  of(code: string): TaskExecutor | undefined {
    return this.#byCode.get(code);
  }

  codes(): string[] {
    return [...this.#byCode.keys()];
  }
}

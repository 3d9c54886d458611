import { isExecutorCode } from '../model/task-record.js';
import type { TaskExecutor } from './executor.js';

/** Executors of a runner by their codes. */
export class Executors {
  readonly #byCode = new Map<string, TaskExecutor>();

  /** The first of a code counts, later ones are ignored: false. @throws RangeError if no task can have the code */
  register(code: string | number, executor: TaskExecutor): boolean {
    if (!isExecutorCode(String(code)))
      throw new RangeError(`${JSON.stringify(code)} is no executor's code: 1 to 59 of A-Z a-z 0-9 . _ -`);
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

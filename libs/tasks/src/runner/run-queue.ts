import type { TaskRun } from './task-run.js';

/** Runs that were taken: at most `parallelism` execute, the rest wait in order. */
export class RunQueue {
  readonly #waiting: TaskRun[] = [];
  #running = 0;

  constructor(
    readonly parallelism: number,
    private readonly execute: (run: TaskRun) => Promise<void>,
  ) {}

  get waiting(): number {
    return this.#waiting.length;
  }
  get running(): number {
    return this.#running;
  }

  add(run: TaskRun): void {
    this.#waiting.push(run);
    this.#pump();
  }

  /** What has not begun, taken out. */
  drain(): TaskRun[] {
    return this.#waiting.splice(0);
  }

  #pump(): void {
    while (this.#running < this.parallelism) {
      const run = this.#waiting.shift();
      if (run === undefined) return;
      this.#running += 1;
      void this.execute(run).finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
  }
}

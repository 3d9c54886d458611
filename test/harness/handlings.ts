import type { TestProcess } from './process.js';

export interface Handling {
  readonly eventId: string;
  /** Epoch ms, as all moments here. */
  readonly dueAt: number;
  readonly handledAt: number;
}

/** First handlings of events by hook processes, as these tell of them (`TELL_HANDLED`). */
export class Handlings {
  /** How many lines of each were read. */
  readonly #hooks = new Map<TestProcess, number>();
  readonly #first = new Map<string, Handling>();
  /** Handlers that began with an event that another one had begun. */
  repeats = 0;

  of(hook: TestProcess): void {
    this.#hooks.set(hook, 0);
  }

  dueSince(moment: number): number {
    return this.#where(({ dueAt }) => dueAt >= moment).length;
  }

  /** From the time an event was due to its handler's beginning, ms, of those that began in this time. */
  latestMs(from: number, to: number): number {
    const began = this.#where(({ handledAt }) => handledAt >= from && handledAt < to);
    return Math.max(0, ...began.map(({ handledAt, dueAt }) => handledAt - dueAt));
  }

  #where(matches: (handling: Handling) => boolean): readonly Handling[] {
    for (const [hook, read] of this.#hooks) {
      for (const line of hook.lines.slice(read)) if (line.includes('"handledAt"')) this.#take(line);
      this.#hooks.set(hook, hook.lines.length);
    }
    return [...this.#first.values()].filter(matches);
  }

  #take(line: string): void {
    const { eventId, scheduledFor, handledAt } = JSON.parse(line);
    const known = this.#first.get(eventId);
    if (known !== undefined) this.repeats += 1;
    if (known === undefined || handledAt < known.handledAt)
      this.#first.set(eventId, { eventId, dueAt: Date.parse(scheduledFor), handledAt });
  }
}

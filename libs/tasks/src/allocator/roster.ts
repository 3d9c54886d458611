import type { RunnerReport } from '../wire.js';
import type { Candidate } from './placement.js';

interface Entry {
  readonly report: RunnerReport;
  readonly heardAtMs: number;
  /** Given since the last report, or before it and not heard of. */
  readonly given: Set<string>;
}

/** Runners that are heard of, and what each has. Time is given in, monotonic milliseconds. */
export class Roster {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly silentAfterMs: number) {}

  heard(report: RunnerReport, nowMs: number): void {
    const given = this.#entries.get(report.runner)?.given ?? new Set<string>();
    for (const key of report.heard) given.delete(key);
    this.#entries.set(report.runner, { report, heardAtMs: nowMs, given });
  }

  give(runner: string, key: string): void {
    this.#entries.get(runner)?.given.add(key);
  }

  /** It did not come about, or is known to be over. */
  take(runner: string, key: string): void {
    this.#entries.get(runner)?.given.delete(key);
  }

  /** Those that are silent for too long, taken off. */
  dropSilent(nowMs: number): string[] {
    const silent = [...this.#entries].filter(([, { heardAtMs }]) => nowMs - heardAtMs > this.silentAfterMs);
    for (const [runner] of silent) this.#entries.delete(runner);
    return silent.map(([runner]) => runner);
  }

  has(runner: string): boolean {
    return this.#entries.has(runner);
  }

  candidates(): Candidate[] {
    return [...this.#entries.values()].map(({ report, given }) => ({
      report,
      load: report.held + given.size,
    }));
  }

  executors(): string[] {
    return [...new Set([...this.#entries.values()].flatMap(({ report }) => report.executors))].sort();
  }
}

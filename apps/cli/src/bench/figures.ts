import type { WatchedChange } from '#client';

/** What became of the timers of a bench, as the log tells it: every moment is the database's. */
export class Cycles {
  /** By timer: when its event began. */
  readonly #begun = new Map<string, number>();
  readonly #closed = new Set<string>();
  readonly latenessMs: number[] = [];
  readonly closeMs: number[] = [];

  get closed(): number {
    return this.#closed.size;
  }

  tell({
    timerId,
    type,
    data,
    recordedAt,
  }: Pick<WatchedChange, 'timerId' | 'type' | 'data' | 'recordedAt'>): void {
    if (type === 'EventTriggered' && !this.#begun.has(timerId)) {
      const { scheduledFor, startedAt, at } = data;
      const began = Date.parse(String(startedAt ?? at ?? recordedAt));
      this.#begun.set(timerId, began);
      this.latenessMs.push(Math.max(0, began - Date.parse(String(scheduledFor))));
    }
    const began = this.#begun.get(timerId);
    if (type !== 'EventClosed' || began === undefined || this.#closed.has(timerId)) return;
    this.#closed.add(timerId);
    this.closeMs.push(Math.max(0, Date.parse(recordedAt) - began));
  }
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Null: there was nothing to measure. */
export function quantilesOf(values: readonly number[]): Quantiles | null {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return sorted.length === 0 ? null : { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

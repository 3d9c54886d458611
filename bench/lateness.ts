export interface LatenessReport {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of values in order: the one below which this share of them lies; 0 if there are none. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Milliseconds, kept one by one: exact percentiles. */
export class LatenessSample {
  #values: number[] = [];

  add(ms: number): void {
    this.#values.push(ms);
  }

  reset(): void {
    this.#values = [];
  }

  report(): LatenessReport {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(quantile(sorted, share));
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? 0) };
  }
}

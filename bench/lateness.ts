export interface LatenessReport {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

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
    const at = (share: number): number =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? 0) };
  }
}

/** As many scattered rows as a disk that was just started from gives in a second, at a millisecond each. */
const timersAtFirst = 1_024;
const timersMin = 256;
const quickMs = 250;
const slowMs = 1_000;

/**
 * How many timers one read of what is due soon asks for. Rows that are in memory come by the ten thousand in no time, and those that
 * are not, one by one from all over the disk: the database would end a read that asks for too many before it has given any. So the
 * nearest few come first, and what the disk is seen to give after them.
 */
export class ReadSize {
  #timers: number;

  constructor(private readonly timersMax: number) {
    this.#timers = Math.min(timersAtFirst, timersMax);
  }

  get timers(): number {
    return this.#timers;
  }

  /** A read has brought all that it might. @returns whether the next one may be larger, and may follow at once */
  filledIn(tookMs: number): boolean {
    if (tookMs >= slowMs) this.#shrink();
    if (tookMs >= quickMs || this.#timers >= this.timersMax) return false;
    this.#timers = Math.min(this.timersMax, this.#timers * 2);
    return true;
  }

  failed(): void {
    this.#shrink();
  }

  #shrink(): void {
    this.#timers = Math.min(this.timersMax, Math.max(timersMin, Math.floor(this.#timers / 2)));
  }
}

import type { EpochMs } from '#timer';
import type { LocalClock } from '../ports.js';

/**
 * Follows the database's clock with the process's own. It only decides when to try: the database decides what is due,
 * so a wrong estimate costs a round trip or some lateness, never an early fire.
 */
export class DatabaseClock {
  #skewMs = 0;
  #isKnown = false;

  constructor(private readonly local: LocalClock) {}

  /** Database's clock minus the process's, ms. */
  get skewMs(): number {
    return this.#skewMs;
  }

  now(): EpochMs {
    return Math.floor(this.local() + this.#skewMs) as EpochMs;
  }

  /** A reading of the database's clock that has just arrived; the way back made it a little old. */
  observe(databaseNow: EpochMs): void {
    const skewMs = databaseNow - this.local();
    // a step is taken at once, a wobble of the network is smoothed
    const isStep = !this.#isKnown || Math.abs(skewMs - this.#skewMs) > 100;
    this.#skewMs = isStep ? skewMs : this.#skewMs + (skewMs - this.#skewMs) / 8;
    this.#isKnown = true;
  }
}

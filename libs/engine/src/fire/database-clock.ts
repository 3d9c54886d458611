import type { EpochMs } from '#timer';
import type { LocalClock } from '../ports.js';

/**
 * Follows the database's clock with the process's own. It only decides when to try: the database decides what is due,
 * so a wrong estimate costs a round trip or some lateness, never an early fire.
 *
 * An answer says between which bounds the difference lies, since the database looked at its clock after it was asked and before
 * the answer was here. What lies within them is kept, so an answer that was long on its way moves nothing: firing would be as
 * late as it was until others had made up for it.
 */
export class DatabaseClock {
  #skewMs: number | null = null;

  constructor(private readonly local: LocalClock) {}

  /** Database's clock minus the process's, ms. */
  get skewMs(): number {
    return this.#skewMs ?? 0;
  }

  now(): EpochMs {
    return Math.floor(this.local() + this.skewMs) as EpochMs;
  }

  /** Asks for a reading and observes it. @throws what asking does */
  async ask(databaseNow: () => Promise<EpochMs>): Promise<void> {
    const askedAt = this.local();
    this.observe(await databaseNow(), askedAt);
  }

  /**
   * A reading of the database's clock that has just arrived.
   * @param askedAt when it was asked for, by the process's clock
   */
  observe(databaseNow: EpochMs, askedAt: number): void {
    const atLeast = databaseNow - this.local();
    const atMost = databaseNow - askedAt;
    // a process's clock that was set back meanwhile leaves the newer bound
    this.#skewMs = Math.max(atLeast, Math.min(atMost, this.#skewMs ?? atLeast));
  }
}

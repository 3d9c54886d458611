import type { ManualClock } from '../clock/manual-clock.js';
import type { Random } from './random.js';
import type { Link } from './sim-process.js';

/** A server is well, slow, or away. */
export type Weather = 'well' | 'slow' | 'away';

/** A server and the way to it. Calls of one that is away fail after a while; some fail when they have done their work. */
export class SimServer implements Link {
  #weather: Weather = 'well';
  #until = 0;
  /** How often a call fails though the server is well: half of them before it did anything. */
  faultChance = 0;

  constructor(
    private readonly name: string,
    private readonly clock: ManualClock,
    private readonly random: Random,
    private readonly onReturn: () => void = () => undefined,
  ) {}

  change(weather: Weather, forMs: number): void {
    this.#weather = weather;
    this.#until = this.clock.now() + forMs;
    this.clock.after(forMs, () => {
      if (this.clock.now() < this.#until || this.#weather === 'well') return;
      if (this.#weather === 'away') this.onReturn();
      this.#weather = 'well';
    });
  }

  latencyMs(): number {
    switch (this.#weather) {
      case 'well':
        return this.random.skewed(0, 12);
      case 'slow':
        return this.random.skewed(20, 1_200);
      case 'away':
        return this.random.int(50, 500);
    }
  }

  /** A way on which nothing fails: what is asked while the server is away is answered when it is back. */
  readonly patient: Link = {
    latencyMs: () =>
      this.latencyMs() + (this.#weather === 'away' ? Math.max(0, this.#until - this.clock.now()) : 0),
  };

  /** Null: it works. */
  fault(): { readonly when: 'before' | 'after'; readonly error: Error } | null {
    if (this.#weather === 'away') return { when: 'before', error: new Error(`${this.name} is away`) };
    if (!this.random.chance(this.faultChance)) return null;
    const when = this.random.chance(0.5) ? 'before' : 'after';
    return { when, error: new Error(`${this.name} broke the connection ${when} the work was done`) };
  }

  /** One request of a server that may fail before its work or after it. */
  async serve<T>(work: () => Promise<T>): Promise<T> {
    const fault = this.fault();
    if (fault?.when === 'before') throw fault.error;
    const done = await work();
    if (fault !== null) throw fault.error;
    return done;
  }
}

import type { EmissionId } from '../log/timer-log.js';
import type { Acknowledged } from './decide-due.js';

/** What Kafka has acknowledged is forgotten by the next transaction that fires something; after so long by one of its own. */
export const forgottenAloneAfterMs = 20;

/** Outbox rows that Kafka has acknowledged, until the transaction that forgets them is done: to others they look lost. */
export class Acknowledgements {
  readonly #owed = new Set<EmissionId>();
  #waiting: Acknowledged[] = [];
  #sinceMs = 0;

  add(acknowledged: Acknowledged, nowMs: number): void {
    if (this.#waiting.length === 0) this.#sinceMs = nowMs;
    this.#waiting.push(acknowledged);
    this.#owed.add(acknowledged.id);
  }

  has(id: EmissionId): boolean {
    return this.#owed.has(id);
  }

  /** How long those that wait for a transaction to go with may wait yet, ms; infinite: none waits. */
  patienceMs(nowMs: number): number {
    return this.#waiting.length === 0
      ? Number.POSITIVE_INFINITY
      : this.#sinceMs + forgottenAloneAfterMs - nowMs;
  }

  /** They go with a transaction now. */
  take(): readonly Acknowledged[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Its transaction is done, or was given up. */
  forget(id: EmissionId): void {
    this.#owed.delete(id);
  }
}

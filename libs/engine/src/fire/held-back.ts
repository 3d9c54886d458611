import type { TimerId } from '#timer';
import type { ArmedTimer } from '../log/due-index.js';
import type { Acknowledged } from './decide-due.js';

/**
 * Timers whose time came while what was last sent for them was not acknowledged; each waits for that acknowledgement and
 * no other. Bounded: what finds no room is left to the sweep.
 */
export class HeldBack {
  readonly #timers = new Map<TimerId, ArmedTimer>();

  constructor(readonly timersMax: number) {}

  hold(timer: ArmedTimer): void {
    if (this.#timers.size < this.timersMax) this.#timers.set(timer.timerId, timer);
  }

  /** Those that waited for one of these; they wait no more. */
  release(acknowledged: readonly Acknowledged[]): ArmedTimer[] {
    if (this.#timers.size === 0) return [];
    const released: ArmedTimer[] = [];
    for (const { emissions } of acknowledged)
      for (const { state } of emissions) {
        const timer = this.#timers.get(state.id);
        if (timer !== undefined) released.push(timer);
        this.#timers.delete(state.id);
      }
    return released;
  }

  /** The feed tells of it: it is armed by that, wherever its emission was acknowledged. */
  drop(timerId: TimerId): void {
    this.#timers.delete(timerId);
  }

  keepSlots(owned: ReadonlySet<number>): void {
    for (const { timerId, slot } of this.#timers.values()) if (!owned.has(slot)) this.#timers.delete(timerId);
  }
}

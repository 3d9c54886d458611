import type { EpochMs } from '#timer';
import type { ArmedTimer } from '../log/due-index.js';
import type { Takeover } from './fire-observer.js';

/** What is due soon in slots that became ours, while it is being read: as much at a time as the disk gives. */
export class TakeoverRead {
  #rows = 0;
  #oldest: number = Number.POSITIVE_INFINITY;
  #firstReadAt: EpochMs | null = null;
  #countedUntil: number = Number.NEGATIVE_INFINITY;

  /** @param beganAt by the local clock, ms */
  constructor(
    readonly slots: ReadonlySet<number>,
    readonly beganAt: number,
  ) {}

  /** @param completeUntil what is later comes again with the next read */
  add(timers: readonly ArmedTimer[], completeUntil: EpochMs, now: EpochMs): void {
    this.#firstReadAt ??= now;
    for (const { slot, dueAt } of timers) {
      if (dueAt > completeUntil || dueAt <= this.#countedUntil || !this.slots.has(slot)) continue;
      this.#rows += 1;
      this.#oldest = Math.min(this.#oldest, dueAt);
    }
    this.#countedUntil = Math.max(this.#countedUntil, completeUntil);
  }

  /** @param endedAt by the local clock, ms */
  toldAt(endedAt: number): Takeover {
    return {
      slots: this.slots.size,
      rows: this.#rows,
      loadMs: endedAt - this.beganAt,
      latenessMs: Math.max(0, (this.#firstReadAt ?? 0) - this.#oldest),
    };
  }
}

import type { LocalClock, Sleep } from '#engine';
import type { EpochMs } from '#timer';

interface Alarm {
  readonly atElapsedMs: number;
  readonly ring: () => void;
}

/**
 * A clock that moves when it is told to. Wall clock and elapsed time are two things, as on a real machine: `advance`
 * lets time pass, `set` only changes what the clock shows, and no sleep ends for it.
 */
export class ManualClock {
  readonly #alarms = new Set<Alarm>();
  #elapsedMs = 0;
  #offsetMs: number;

  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#offsetMs = startAt;
  }

  /** To be handed over as a function: needs no `this`. */
  readonly read: LocalClock = () => this.now();

  now(): EpochMs {
    return (this.#offsetMs + this.#elapsedMs) as EpochMs;
  }

  /** Lets time pass. What is due on the way rings at its own moment, earliest first, and what it set off settles. */
  async advance(durationMs: number): Promise<void> {
    const untilElapsedMs = this.#elapsedMs + durationMs;
    for (;;) {
      await settled();
      const alarm = this.#next(untilElapsedMs);
      if (alarm === undefined) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, alarm.atElapsedMs);
      this.#alarms.delete(alarm);
      alarm.ring();
    }
    this.#elapsedMs = untilElapsedMs;
    await settled();
  }

  /** Lets time pass up to a moment of the clock; a moment in the past is none. */
  advanceTo(moment: EpochMs): Promise<void> {
    return this.advance(Math.max(0, moment - this.now()));
  }

  /** Sets what the clock shows, forward or back, as an administrator would; no time passes. */
  set(moment: EpochMs): void {
    this.#offsetMs = moment - this.#elapsedMs;
  }

  /** Rings once after this long; the answer cancels it. */
  after(durationMs: number, ring: () => void): () => void {
    const alarm: Alarm = { atElapsedMs: this.#elapsedMs + Math.max(0, durationMs), ring };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  readonly sleep: Sleep = (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const cancel = this.after(durationMs, () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      });
      const wake = () => {
        cancel();
        resolve();
      };
      signal?.addEventListener('abort', wake, { once: true });
    });

  /** How many sleeps and alarms wait: a test that leaves some behind has leaked a loop. */
  get waiting(): number {
    return this.#alarms.size;
  }

  /** Of those at the same moment the first that was set: a Set keeps the order. */
  #next(untilElapsedMs: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atElapsedMs > untilElapsedMs) continue;
      if (next === undefined || alarm.atElapsedMs < next.atElapsedMs) next = alarm;
    }
    return next;
  }
}

/** One turn of the event loop: every promise that could go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

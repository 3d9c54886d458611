import { LeaseHeldError, type TailedEvent } from '#client';
import { ringAfter } from '#kafka';

/** While the feed is not heard yet, or a clock tells nothing, a waiter looks by itself. */
const unheardPollMs = 250;
/** A lease's end is the database's to say: its clock may be behind what was reckoned here. */
const endSlackMs = 20;

/** What is known of one mutex's lease in the cluster, and who is to be woken when that changes. */
export class LeaseNews {
  #releases = 0;
  /** By the monotonic clock; null: nothing is known of a lease. */
  #endsAtMs: number | null = null;
  #wake: () => void = () => undefined;

  constructor(private readonly isListening: () => boolean) {}

  /** Rises with each release: what was refused before the last one is worth another try. */
  get releases(): number {
    return this.#releases;
  }

  hear(event: TailedEvent): void {
    if (event.type === 'LeaseReleased') {
      this.#releases += 1;
      this.#endsAtMs = null;
    } else if (event.type === 'LeaseAcquired' || event.type === 'LeaseRenewed') {
      const { at, until } = event.body();
      this.#endsAtMs = performance.now() + Date.parse(String(until)) - Date.parse(String(at));
    } else return;
    this.#wake();
  }

  /** Resolves when a try may succeed: a release was heard since `releases`, or the lease must be over. @throws the signal's reason */
  async worthATry(
    releases: number,
    refusal: LeaseHeldError,
    ttlMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    // wall clocks differ; a time to live of the caller's own is the most that is believed
    const toldMs = refusal.until === null ? ttlMs : refusal.until.getTime() - Date.now();
    // over, by a clock that runs ahead: it is held all the same, and looking on and on would not make it free
    const toldEndMs = performance.now() + (toldMs > 0 ? Math.min(toldMs, ttlMs) : unheardPollMs);
    const beganMs = performance.now();
    while (this.#releases === releases) {
      signal?.throwIfAborted();
      const endMs = Math.max(this.#endsAtMs ?? toldEndMs, beganMs) + endSlackMs;
      const untilMs = this.isListening() ? endMs : Math.min(endMs, beganMs + unheardPollMs);
      const restMs = untilMs - performance.now();
      if (restMs <= 0) return;
      await this.#pause(restMs, signal);
    }
  }

  /** Until the next release is heard, and no longer than this. */
  async nextRelease(longestMs: number, signal?: AbortSignal): Promise<void> {
    const releases = this.#releases;
    const untilMs = performance.now() + longestMs;
    for (
      let restMs = longestMs;
      this.#releases === releases && restMs > 0;
      restMs = untilMs - performance.now()
    )
      await this.#pause(restMs, signal);
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => () => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = finish(() => reject(signal?.reason));
      const cancel = ringAfter(ms, finish(resolve));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#wake = finish(resolve);
    });
  }
}

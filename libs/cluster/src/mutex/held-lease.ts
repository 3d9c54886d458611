import { ClientNotConnectedError, LeaseLostError, type Timers } from '#client';
import { ringAfter, sleep } from '#kafka';
import type { Log } from '../deps.js';
import { LockLostError } from './errors.js';

/** What a lock needs of a client. */
export type LeaseCalls = Pick<Timers, 'acquireLease' | 'renewLease' | 'releaseLease'>;

export interface LeaseTerms {
  readonly key: string;
  /** Of the timer that carries it. */
  readonly timerKey: string;
  readonly holder: string;
  readonly token: number;
  readonly ttlMs: number;
}

/** A lease is renewed so often in its time, and one renewal may take as long as to the next. */
const renewalsPerLease = 3;
/** So many tries, of a renewal or a release, go into a lease where each fails at once. */
const triesPerLease = 20;
const releasePauseMsMax = 1_000;

/**
 * A lease while it is held: renewed each third of its time, tried again soon where that fails, and given up by the process's own monotonic clock before the
 * database could give it to another one, counted from the start of the last renewal that succeeded.
 */
export class HeldLease {
  readonly #lost = new AbortController();
  #cancelRenewal: () => void = () => undefined;
  #cancelEnd: () => void = () => undefined;
  #endsAtMs = 0;
  #isOver = false;

  /** @param acquiringSinceMs when the acquisition was begun, by the monotonic clock */
  constructor(
    private readonly timers: LeaseCalls,
    private readonly terms: LeaseTerms,
    private readonly log: Log,
    acquiringSinceMs: number,
    private readonly onOver: () => void,
  ) {
    this.#extend(acquiringSinceMs);
    this.#renewIn(this.#renewalMs);
  }

  get token(): number {
    return this.terms.token;
  }

  /** Fires when the lease is lost; not when it is released. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  get #renewalMs(): number {
    return this.terms.ttlMs / renewalsPerLease;
  }

  get #retryMs(): number {
    return this.terms.ttlMs / triesPerLease;
  }

  /** By the monotonic clock, also in a process that was frozen and whose timers have not run yet. */
  get isHeld(): boolean {
    return !this.#isOver && performance.now() < this.#endsAtMs;
  }

  /** Resolves when nobody can take this process for the holder any more. @throws LockLostError if that was so before */
  async release(): Promise<void> {
    if (this.#isOver) throw this.#lostError(this.#lost.signal.reason);
    if (!this.isHeld) {
      const error = this.#lostError();
      this.#lose(error);
      throw error;
    }
    const sent = this.#release();
    // whoever waits in this process may send its wish right behind
    this.#end();
    await sent;
  }

  /** A release that cannot be delivered needs none after a while: the lease ends by itself. */
  async #release(): Promise<void> {
    const { timerKey, holder, token, ttlMs } = this.terms;
    const overAtMs = performance.now() + ttlMs;
    for (let restMs = ttlMs; restMs > 0; restMs = overAtMs - performance.now()) {
      try {
        const options = { timeoutMs: Math.max(1, Math.ceil(Math.min(restMs, 5_000))) };
        return await this.timers.releaseLease({ key: timerKey }, { holder, token }, options);
      } catch (error) {
        if (error instanceof LeaseLostError) throw this.#lostError(error);
        if (error instanceof ClientNotConnectedError) return;
        this.log.warn({ key: this.terms.key, error: String(error) }, 'a release will be tried again');
      }
      await sleep(Math.min(this.#retryMs, releasePauseMsMax));
    }
  }

  #renewIn(waitMs: number): void {
    this.#cancelRenewal = ringAfter(waitMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { key, timerKey, holder, token, ttlMs } = this.terms;
    const sinceMs = performance.now();
    // what is asked again meanwhile is answered whenever the scheduler is back; one more try fits between this one and the end
    const timeoutMs = Math.max(1, Math.floor(Math.min(this.#renewalMs, this.#endsAtMs - sinceMs)));
    let nextMs = this.#renewalMs;
    try {
      const lease = { holder, token, ttl: `${ttlMs}ms` };
      await this.timers.renewLease({ key: timerKey }, lease, { timeoutMs });
      if (!this.#isOver) this.#extend(sinceMs);
    } catch (error) {
      if (this.#isOver) return;
      if (error instanceof LeaseLostError) return this.#lose(this.#lostError(error));
      this.log.warn({ key, token, error: String(error) }, 'a lease was not renewed; it will be tried again');
      nextMs = this.#retryMs;
    }
    if (!this.#isOver) this.#renewIn(nextMs);
  }

  #extend(sinceMs: number): void {
    const { ttlMs } = this.terms;
    const marginMs = Math.min(1_000, ttlMs / 10);
    this.#endsAtMs = sinceMs + ttlMs - marginMs;
    this.#cancelEnd();
    this.#cancelEnd = ringAfter(this.#endsAtMs - performance.now(), () => this.#lose(this.#lostError()));
  }

  #lose(error: LockLostError): void {
    if (this.#isOver) return;
    this.log.error({ key: error.key, token: error.token }, 'a lock was lost: what it protected must stop');
    this.#end();
    this.#lost.abort(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelRenewal();
    this.#cancelEnd();
    this.onOver();
  }

  #lostError(cause?: unknown): LockLostError {
    return new LockLostError(this.terms.key, this.terms.token, cause === undefined ? undefined : { cause });
  }
}

import { randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { ClientNotConnectedError, CommandRejectedError, LeaseHeldError, type TailedEvent } from '#client';
import type { Log } from '../deps.js';
import { mutexKey } from '../names.js';
import { HeldLease, type LeaseCalls } from './held-lease.js';
import { LeaseNews } from './lease-news.js';
import { Turns } from './turns.js';

export interface GateDeps {
  readonly timers: LeaseCalls;
  readonly log: Log;
  readonly isListening: () => boolean;
}

/** @throws the signal's reason */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await after(ms, null, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/** After so many in a row from hand to hand within this process, the others of the cluster get a fair chance. */
const inARowMax = 16;
const standBackMaxMs = 200;
const backoffMaxMs = 5_000;

/**
 * One mutex as this process sees it. Those who want it here line up, and only the first of them competes with the other
 * processes: a release wakes one a process, however many wait.
 */
export class Gate {
  readonly #turns = new Turns();
  readonly #news: LeaseNews;
  readonly #timerKey: string;
  #inARow = 0;
  /** Who this process was when it had the lease last, and whose release was heard last. */
  #lastHolder: string | null = null;
  #releasedHolder: unknown = null;

  constructor(
    private readonly key: string,
    private readonly deps: GateDeps,
  ) {
    this.#timerKey = mutexKey(key);
    this.#news = new LeaseNews(deps.isListening);
  }

  hear(event: TailedEvent): void {
    if (event.type === 'LeaseReleased') this.#releasedHolder = event.body().holder;
    this.#news.hear(event);
  }

  /** Resolves when the lease is held. @throws the signal's reason, ClientNotConnectedError, what the scheduler refuses for good */
  async acquire(ttlMs: number, signal?: AbortSignal): Promise<HeldLease> {
    const pass = await this.#turns.take(signal);
    try {
      await this.#standBack(signal);
      return await this.#compete(ttlMs, pass, signal);
    } catch (error) {
      pass();
      throw error;
    }
  }

  /** Null: somebody has it. */
  async tryAcquire(ttlMs: number): Promise<HeldLease | null> {
    if (this.#turns.isTaken) return null;
    const pass = await this.#turns.take();
    try {
      return await this.#attempt(ttlMs, pass);
    } catch (error) {
      pass();
      if (error instanceof LeaseHeldError) return null;
      throw error;
    }
  }

  async #standBack(signal: AbortSignal | undefined): Promise<void> {
    if (this.#inARow < inARowMax) return;
    this.#inARow = 0;
    // they hear of the release as we do, and are quicker this once
    if (this.#releasedHolder !== this.#lastHolder) await this.#news.nextRelease(standBackMaxMs, signal);
    await pause(10 + Math.random() * 20, signal);
  }

  async #compete(ttlMs: number, pass: () => void, signal: AbortSignal | undefined): Promise<HeldLease> {
    for (let failures = 0; ; ) {
      const { releases } = this.#news;
      try {
        return await this.#attempt(ttlMs, pass, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof LeaseHeldError) {
          failures = 0;
          this.#inARow = 0;
          await this.#news.worthATry(releases, error, ttlMs, signal);
          continue;
        }
        if (error instanceof CommandRejectedError || error instanceof ClientNotConnectedError) throw error;
        failures += 1;
        this.deps.log.warn({ key: this.key, error: String(error) }, 'a lock will be tried again');
        await pause(Math.min(backoffMaxMs, 100 * 2 ** failures) * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  async #attempt(ttlMs: number, pass: () => void, signal?: AbortSignal): Promise<HeldLease> {
    const { timers, log } = this.deps;
    // each attempt is somebody of its own: a late word of a former one can do nothing in its name
    const holder = `${process.pid}-${randomUUID()}`;
    const target = { key: this.#timerKey };
    const sinceMs = performance.now();
    try {
      const options = signal === undefined ? {} : { signal };
      const { token } = await timers.acquireLease(target, { holder, ttl: `${ttlMs}ms` }, options);
      this.#inARow += 1;
      this.#lastHolder = holder;
      const terms = { key: this.key, timerKey: this.#timerKey, holder, token, ttlMs };
      return new HeldLease(timers, terms, log, sinceMs, pass);
    } catch (error) {
      if (!(error instanceof LeaseHeldError)) this.#forget(holder);
      throw error;
    }
  }

  /** It may have been given all the same: whoever stopped waiting for it does not keep it. */
  #forget(holder: string): void {
    this.deps.timers.releaseLease({ key: this.#timerKey }, { holder }).catch((error: unknown) => {
      // not held, as a rule; otherwise it ends by itself
      this.deps.log.debug({ key: this.key, error: String(error) }, 'nothing to release');
    });
  }
}

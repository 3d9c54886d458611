import { durationMs, parseDuration } from '#timer';
import { MutexNotLockedError } from './errors.js';
import type { Gate } from './gate.js';
import type { HeldLease } from './held-lease.js';

export interface MutexOptions {
  /** How long the lock outlives a process that dies or freezes, a duration from 100ms; default `15s`. Renewed each third of it. */
  readonly ttl?: string;
}

/** A lock that is held. `await using lock = await mutex.lock()` gives it back at the end of the block. */
export interface Lock extends AsyncDisposable, Disposable {
  /** Fencing token: higher than that of every former holder. Send it along, and let the resource refuse lower ones. */
  readonly token: number;
  /** Fires when the lock is lost: stop what it protects. */
  readonly signal: AbortSignal;
  readonly isHeld: boolean;
  /** @throws LockLostError: it was not this process's any more; MutexNotLockedError: it was given back before */
  unlock(): Promise<void>;
}

/**
 * At most one holder in the cluster. Not reentrant: a second `lock` waits, also in the same process. First come, first
 * served within a process; between processes whoever is quickest after a release.
 */
export class Mutex {
  readonly #ttlMs: number;
  #held: Lock | null = null;

  /** @throws RangeError for a ttl that is none */
  constructor(
    readonly key: string,
    private readonly gate: Gate,
    private readonly onHeld: (lease: HeldLease) => void,
    { ttl = '15s' }: MutexOptions = {},
  ) {
    const reading = parseDuration(ttl);
    if (!reading.ok || durationMs(ttl) < 100) throw new RangeError(`ttl ${ttl} is no duration from 100ms`);
    this.#ttlMs = durationMs(ttl);
  }

  /** Waits until the lock is held, through whatever goes wrong meanwhile. @throws the signal's reason, and then nothing is held */
  async lock({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Lock> {
    return this.#hold(await this.gate.acquire(this.#ttlMs, signal));
  }

  /** Null: somebody has it. */
  async tryLock(): Promise<Lock | null> {
    const lease = await this.gate.tryAcquire(this.#ttlMs);
    return lease === null ? null : this.#hold(lease);
  }

  /** Gives back what this object locked last. @throws MutexNotLockedError, LockLostError */
  async unlock(): Promise<void> {
    if (this.#held === null) throw new MutexNotLockedError(this.key);
    await this.#held.unlock();
  }

  /** Of the lock that this object holds. */
  get token(): number | null {
    return this.#held?.token ?? null;
  }
  get signal(): AbortSignal | null {
    return this.#held?.signal ?? null;
  }
  get isLocked(): boolean {
    return this.#held?.isHeld ?? false;
  }

  #hold(lease: HeldLease): Lock {
    let isGivenBack = false;
    const unlock = async (): Promise<void> => {
      if (isGivenBack) throw new MutexNotLockedError(this.key);
      isGivenBack = true;
      if (this.#held === lock) this.#held = null;
      await lease.release();
    };
    // what was lost is not held either, and the block that ends has heard of it by the signal
    const dispose = async (): Promise<void> => {
      if (!isGivenBack && lease.isHeld) await unlock();
      else if (this.#held === lock) this.#held = null;
    };
    const lock: Lock = {
      token: lease.token,
      signal: lease.signal,
      get isHeld() {
        return lease.isHeld;
      },
      unlock,
      [Symbol.asyncDispose]: dispose,
      [Symbol.dispose]: () => void dispose().catch(() => undefined),
    };
    this.#held = lock;
    this.onHeld(lease);
    return lock;
  }
}

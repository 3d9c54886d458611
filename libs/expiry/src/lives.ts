import {
  AlreadyClaimedError,
  TimerEndedError,
  TimerExistsError,
  TimerNotExistError,
  TimerNotPausedError,
} from '#client';
import { sleep } from '#kafka';
import type { Closer } from './closer.js';
import type { ExpirationParts } from './parts.js';

// How a life of an id begins and goes on: what create and renewal have in common.

export interface ExpirationPolicies {
  /** Ids are unique in it. */
  readonly namespace?: string;
  /** An update whose end never comes holds an expiration no longer than this, a duration. */
  readonly maxPause?: string;
  /** A close that says nothing for this long is tried elsewhere, a duration; while it works it says so by itself. */
  readonly closeTimeout?: string;
  /** Tries of a close that fails; 0: for ever. */
  readonly closeAttempts?: number;
  /** Fires this much before the expiration, ms, so that what is closed still allows it. */
  readonly closeAheadMs?: number;
  /** How long an id that has expired is remembered, a duration. */
  readonly keepFor?: string;
  /** How long a create or an update waits for a close under way, ms. */
  readonly closingWaitMs?: number;
}
/** The close of this id was under way for as long as the call could wait. */
export class ClosingError extends Error {
  readonly code = 'expiry/closing';
  constructor(readonly id: string) {
    super(`'${id}' is being closed: try again when that is over`);
    this.name = 'ClosingError';
  }
}

export interface Life {
  readonly expirationTime: Date | number;
  readonly close: Closer;
  readonly data: string | null;
  /** Whose hold ends with it; null: everybody's. */
  readonly token: string | null;
}

export const closingWaitDefaultMs = 10_000;
/** How often it is asked whether a close under way is over. */
export const closingAskedEveryMs = 100;

export const isGone = (error: unknown): boolean =>
  error instanceof TimerNotExistError || error instanceof TimerEndedError;

export class Lives {
  constructor(
    private readonly timers: ExpirationParts['timers'],
    private readonly policies: ExpirationPolicies,
    private readonly namespace: string,
  ) {}

  async resume(id: string, token?: string): Promise<boolean> {
    try {
      await this.timers.resumeTimer({ key: id }, token === undefined ? {} : { token });
      return true;
    } catch (error) {
      if (isGone(error) || error instanceof TimerNotPausedError) return false;
      throw error;
    }
  }

  /** Creates, or gives what is there a new life; waits while a close is under way. */
  async renew(id: string, life: Life): Promise<void> {
    const deadline = performance.now() + (this.policies.closingWaitMs ?? closingWaitDefaultMs);
    for (;;) {
      try {
        return await this.#tryRenew(id, life);
      } catch (error) {
        // it was forgotten between the two commands
        if (error instanceof TimerNotExistError) continue;
        if (!(error instanceof AlreadyClaimedError)) throw error;
        if (performance.now() > deadline) throw new ClosingError(id);
        await sleep(closingAskedEveryMs);
      }
    }
  }

  /** Each of its commands leaves an expiration behind, wherever the process dies: a hold that nobody ends is over after `maxPause`. */
  async #tryRenew(id: string, { expirationTime, close, data, token }: Life): Promise<void> {
    const life = {
      schedPolicyExpr: this.momentOf(expirationTime),
      summaryData: data,
      hookClass: this.hookClass(close.name),
      ...this.#policies(),
    };
    try {
      await this.timers.createTimer({ key: id, schedPolicyType: 'ONCE', ...life });
      return;
    } catch (error) {
      if (!(error instanceof TimerExistsError)) throw error;
    }
    const timer = await this.timers.updateTimer({ key: id }, { ...life, watermark: null }, { recall: true });
    if (timer.status === 'paused') await this.resume(id, token ?? undefined);
  }

  #policies() {
    const { maxPause = '10m', closeTimeout = '30s', closeAttempts = 19, keepFor = '1d' } = this.policies;
    return {
      ackTimeout: closeTimeout,
      retry: { maxAttempts: closeAttempts },
      needsClaim: true,
      maxPause,
      keepFor,
    };
  }

  momentOf(moment: Date | number): string {
    const ms = (moment instanceof Date ? moment.getTime() : moment) - (this.policies.closeAheadMs ?? 0);
    if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15)
      throw new RangeError(`not a moment: ${String(moment)}; a Date or epoch ms`);
    return new Date(ms).toISOString();
  }

  hookClass(name: string): string {
    return `${this.namespace}.${name}`;
  }
}

import type { EpochMs } from '#timer';

export interface Rate {
  readonly perSecond: number;
  /** Commands at once, after a pause. */
  readonly burst: number;
}

interface Bucket {
  /** Commands that may be sent at once. */
  tokens: number;
  /** When they were counted. */
  at: EpochMs;
  /** When the next one that is refused should come again: each is told a moment of its own. */
  nextRetryAt: number;
}

/** Namespaces that are remembered; one that has not sent for longest begins anew with a whole burst. */
const bucketsMax = 10_000;
/** Of one partition among the most there can be: a command that comes by while its partition goes away is no reason to divide by 0. */
const shareMin = 1 / 256;
/** Nobody is told to wait longer, however many were refused: most of them do not come again. */
const retryAfterMsMax = 30_000;

/** Databases' clocks differ: only one that shows a moment so much earlier was set back. Until then nothing is brought twice. */
const clocksDifferMaxMs = retryAfterMsMax;

/** A token bucket a namespace. In memory alone: what is decided by it is recorded, and a process that starts has full buckets. */
export class CommandRates {
  readonly #buckets = new Map<string, Bucket>();

  /** @param share of the commands that come by here; the other processes grant the rest */
  constructor(private readonly share: () => number = () => 1) {}

  /** One try of a transaction: what it takes goes back if it fails. */
  begin(): RateSpending {
    return new RateSpending(
      (namespace, rate, now) => this.#take(namespace, rate, now),
      (namespace) => this.#giveBack(namespace),
    );
  }

  #take(namespace: string, { perSecond, burst }: Rate, now: EpochMs): number {
    const share = Math.max(shareMin, this.share());
    const perMs = (perSecond * share) / 1_000;
    const tokensMax = Math.max(1, burst * share);
    const bucket = this.#buckets.get(namespace) ?? { tokens: tokensMax, at: now, nextRetryAt: 0 };
    // what was counted by a clock that had run ahead is no moment to wait for
    if (bucket.at - now > clocksDifferMaxMs) [bucket.at, bucket.nextRetryAt] = [now, 0];
    const passedMs = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(tokensMax, bucket.tokens + passedMs * perMs);
    bucket.at = Math.max(bucket.at, now) as EpochMs;
    this.#remember(namespace, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    const fullAt = now + (1 - bucket.tokens) / perMs;
    const retryAt = Math.min(Math.max(fullAt, bucket.nextRetryAt), now + retryAfterMsMax);
    bucket.nextRetryAt = retryAt + 1 / perMs;
    return Math.max(1, Math.ceil(retryAt - now));
  }

  #giveBack(namespace: string): void {
    const bucket = this.#buckets.get(namespace);
    if (bucket !== undefined) bucket.tokens += 1;
  }

  /** The one that was used last comes last. */
  #remember(namespace: string, bucket: Bucket): void {
    this.#buckets.delete(namespace);
    this.#buckets.set(namespace, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > bucketsMax && oldest !== undefined) this.#buckets.delete(oldest);
  }
}

export class RateSpending {
  #taken: string[] = [];

  constructor(
    private readonly takeOf: (namespace: string, rate: Rate, now: EpochMs) => number,
    private readonly giveBack: (namespace: string) => void,
  ) {}

  /** @returns 0: it may go; else after how many ms another one may */
  take(namespace: string, rate: Rate, now: EpochMs): number {
    const retryAfterMs = this.takeOf(namespace, rate, now);
    if (retryAfterMs === 0) this.#taken.push(namespace);
    return retryAfterMs;
  }

  undo(): void {
    for (const namespace of this.#taken) this.giveBack(namespace);
    this.#taken = [];
  }
}

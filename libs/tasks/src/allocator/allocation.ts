import type { Logger } from '#kafka';
import type { Claim } from '../ports.js';
import type { RunnerReport } from '../wire.js';
import { Backlog, type Offer } from './backlog.js';
import { type Candidate, leastLoaded } from './placement.js';
import { Roster } from './roster.js';

export interface AllocationDeps {
  /** Resolves when Kafka has the claim. */
  readonly post: (claim: Claim) => Promise<void>;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly log: Logger;
}
export interface AllocationLimits {
  /** A runner that has not reported for so long is given nothing more. */
  readonly silentAfterMs: number;
  /** A claim that the runner does not report is told again after so long. */
  readonly tellAgainMs: number;
  readonly backlogMax: number;
}

/** A claim that was sent and that its runner has not reported yet. */
interface Sent {
  readonly offer: Offer;
  readonly claim: Claim;
  readonly sentAtMs: number;
  readonly tries: number;
  /** Since when another runner is known to have it: a former allocator gave it that, and whether it has heard is not known. */
  readonly foundAtMs?: number;
}
const triesMax = 5;
/** Times as long as a runner may be silent: one that holds a task and has not told of itself may have only just begun. */
const hopedFactor = 5;

/**
 * Who gets what: offers on one side, runners' reports on the other. Every decision is a claim that the log may refuse, so
 * two that decide at once, or one that knows too little, can do no harm.
 */
export class Allocation {
  readonly #roster: Roster;
  readonly #backlog: Backlog;
  readonly #sent = new Map<string, Sent>();
  #isPlacing = false;

  constructor(
    private readonly deps: AllocationDeps,
    private readonly limits: AllocationLimits,
  ) {
    this.#roster = new Roster(limits.silentAfterMs);
    this.#backlog = new Backlog(limits.backlogMax);
  }

  get waiting(): number {
    return this.#backlog.size;
  }
  get unheard(): number {
    return this.#sent.size;
  }
  executors(): string[] {
    return this.#roster.executors();
  }

  offer(offer: Offer): void {
    // a claim of this attempt is under way, or it is told to be a later one's turn
    if (this.#sent.has(offer.key)) offer.done();
    else {
      this.#backlog.add(offer);
      this.#soon();
    }
  }

  reported(report: RunnerReport): void {
    const refused = new Map(report.refused?.map(({ key, holder }) => [key, holder]));
    this.#roster.heard(report, this.deps.now());
    for (const key of report.heard) {
      const holder = refused.get(key);
      if (holder === undefined) this.#heard(key);
      else this.#found(key, holder);
    }
    this.#soon();
  }

  /** To be called a few times a second: silence is seen by nothing but time. */
  tick(): void {
    const now = this.deps.now();
    for (const runner of this.#roster.dropSilent(now))
      this.deps.log.warn({ runner }, 'a runner is silent; it is given nothing more');
    for (const sent of [...this.#sent.values()])
      if (now - sent.sentAtMs >= this.limits.tellAgainMs) this.#again(sent);
    this.#soon();
  }

  #heard(key: string): void {
    this.#sent.get(key)?.offer.done();
    this.#sent.delete(key);
  }

  /**
   * A former allocator gave it to that runner, whose answer may have been lost with it: told to it now, which is the same claim, it is
   * not left until no heartbeat has come. Nothing is taken over: one who is no runner of ours may have it, too.
   */
  #found(key: string, holder: string): void {
    const sent = this.#sent.get(key);
    if (sent === undefined || sent.foundAtMs !== undefined) return;
    const { takeOver: _, ...claim } = sent.claim;
    const foundAtMs = this.deps.now();
    this.#sent.delete(key);
    this.#send(sent.offer, { ...claim, runner: holder }, 1, foundAtMs);
  }

  /** Told again to the same runner, which is the same claim; or, if it is silent, given to another as the next attempt. */
  #again({ offer, claim, tries, foundAtMs }: Sent): void {
    const isThere = this.#roster.has(claim.runner);
    if (foundAtMs !== undefined) {
      this.#sent.delete(offer.key);
      const hopedMs = hopedFactor * this.limits.silentAfterMs;
      const isHoped = isThere ? tries < triesMax : this.deps.now() - foundAtMs < hopedMs;
      if (isHoped) this.#send(offer, claim, isThere ? tries + 1 : tries, foundAtMs);
      else this.#leave(offer, claim);
      return;
    }
    const other = isThere
      ? claim
      : this.#takenFrom(claim, leastLoaded(offer.demand, this.#roster.candidates()));
    // its runner is gone and the others are full: left to its own clock it might wait for as long as a heartbeat may be late
    if (other === null) return;
    this.#sent.delete(offer.key);
    if (tries < triesMax || !isThere) {
      this.#send(offer, other, tries + 1);
      return;
    }
    this.#leave(offer, claim);
  }

  /** Nobody reads: its own clock brings it back if it is still open. */
  #leave(offer: Offer, claim: Claim): void {
    this.#roster.take(claim.runner, offer.key);
    offer.done();
  }

  #takenFrom(claim: Claim, chosen: Candidate | null): Claim | null {
    return chosen === null ? null : { ...claim, runner: chosen.report.runner, takeOver: true };
  }

  /** What came in one turn of the loop is placed together. */
  #soon(): void {
    if (this.#isPlacing) return;
    this.#isPlacing = true;
    setImmediate(() => {
      this.#isPlacing = false;
      this.#place();
    });
  }

  #place(): void {
    if (this.#backlog.size === 0) return;
    const candidates = this.#roster.candidates().map((candidate) => ({ ...candidate }));
    this.#backlog.placeAll((offer) => {
      try {
        return this.#placed(offer, candidates);
      } catch (error) {
        // nobody called this who could be told, and the next allocator would meet the same task
        this.deps.log.warn({ task: offer.timerKey, error: String(error) }, 'a task cannot be placed');
        offer.done();
        return true;
      }
    });
  }

  #placed(offer: Offer, candidates: (Candidate & { load: number })[]): boolean {
    const chosen = leastLoaded(offer.demand, candidates);
    if (chosen === null) return false;
    chosen.load += 1;
    const { namespace, timerKey: key, eventId, attempt } = offer;
    this.#send(offer, { runner: chosen.report.runner, namespace, key, eventId, attempt }, 1);
    return true;
  }

  #send(offer: Offer, claim: Claim, tries: number, foundAtMs?: number): void {
    this.#roster.give(claim.runner, offer.key);
    const found = foundAtMs === undefined ? {} : { foundAtMs };
    this.#sent.set(offer.key, { offer, claim, sentAtMs: this.deps.now(), tries, ...found });
    this.deps.post(claim).catch((error: unknown) => {
      this.deps.log.warn({ task: claim.key, error: String(error) }, 'a claim was not sent; it will be again');
    });
  }
}

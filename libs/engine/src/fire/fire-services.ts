import type { EpochMs, TimerId } from '#timer';
import { type ByDatabase, isHeldBy } from '../log/databases.js';
import type { Logger, Sleep } from '../ports.js';
import type { FireService } from './fire-service.js';

export interface FireServicesDeps {
  readonly services: ByDatabase<
    Pick<FireService, 'armed' | 'slots' | 'clock' | 'own' | 'unfollow' | 'follow'>
  >;
  readonly logger: Logger;
  readonly sleep: Sleep;
}

const ownedAgainMs = { first: 100, most: 2_000 } as const;

/**
 * What this process owns, each slot with the fire service of its database. They share the bound of memory and nothing else: each
 * follows its own database's clock, and one whose database is away holds up no other.
 */
export class FireServices {
  /** Rises whenever shares are dealt out anew: what is still tried for a former one ends. */
  #turn = 0;

  constructor(private readonly deps: FireServicesDeps) {}

  get armed(): number {
    return this.#all.reduce((sum, { armed }) => sum + armed, 0);
  }
  get slots(): readonly number[] {
    return this.#all.flatMap(({ slots }) => slots);
  }
  /** Of the database whose clock is furthest from the process's. */
  get skewMs(): number {
    return this.#all
      .map(({ clock }) => clock.skewMs)
      .reduce((most, skewMs) => (Math.abs(skewMs) > Math.abs(most) ? skewMs : most));
  }

  /** Resolves with the databases that answer; the others' slots follow as they do. @throws if none answers */
  async own(slots: readonly number[]): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const shares = this.deps.services.map((service, place) => {
      const share = slots.filter((slot) => isHeldBy(place, slot));
      return () => service.own(share);
    }).all;
    const outcomes = await Promise.allSettled(shares.map((own) => own()));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (failures.length === shares.length) throw failures[0];
    for (const [index, own] of shares.entries())
      if (outcomes[index]?.status === 'rejected') void this.#ownWhenItAnswers(own, turn);
  }

  unfollow(): void {
    this.#turn += 1;
    for (const service of this.#all) service.unfollow();
  }

  follow(timerId: TimerId, slot: number, version: number, nextFireAt: EpochMs | null): void {
    this.deps.services.of(slot).follow(timerId, slot, version, nextFireAt);
  }

  get #all() {
    return this.deps.services.all;
  }

  async #ownWhenItAnswers(own: () => Promise<void>, turn: number): Promise<void> {
    for (let waitMs: number = ownedAgainMs.first; ; waitMs = Math.min(waitMs * 2, ownedAgainMs.most)) {
      await this.deps.sleep(waitMs);
      if (turn !== this.#turn) return;
      try {
        return await own();
      } catch (error) {
        this.deps.logger.warn(
          { error: String(error) },
          'a database is away; its slots follow when it answers',
        );
      }
    }
  }
}

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

  /**
   * Resolves with the first database that answers; the others' slots follow as they do. The feed may be followed before that: what it
   * tells of a database that is not read yet is read with the rest. @throws if none answers
   */
  async own(slots: readonly number[]): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const shares = this.deps.services.map((service, place) => {
      const share = slots.filter((slot) => isHeldBy(place, slot));
      return () => service.own(share);
    }).all;
    const owning = shares.map((own) => ({ own, owned: own() }));
    try {
      await Promise.any(owning.map(({ owned }) => owned));
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
    for (const { own, owned } of owning) void this.#ownWhenItAnswers(own, owned, turn);
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

  /** @param owned what is under way: one that does not answer is not asked a second time meanwhile */
  async #ownWhenItAnswers(own: () => Promise<void>, owned: Promise<void>, turn: number): Promise<void> {
    let attempt = owned;
    for (let waitMs: number = ownedAgainMs.first; ; waitMs = Math.min(waitMs * 2, ownedAgainMs.most)) {
      try {
        return await attempt;
      } catch (error) {
        this.deps.logger.warn(
          { error: String(error) },
          'a database is away; its slots follow when it answers',
        );
      }
      await this.deps.sleep(waitMs);
      if (turn !== this.#turn) return;
      attempt = own();
    }
  }
}

import type { EpochMs, TimerId } from '#timer';
import { type ByDatabase, isHeldBy } from '../log/databases.js';
import type { FireService } from './fire-service.js';

/**
 * What this process owns, each slot with the fire service of its database. They share the bound of memory and nothing else: each
 * follows its own database's clock, and one whose database is away holds up no other.
 */
export class FireServices {
  constructor(private readonly services: ByDatabase<FireService>) {}

  get armed(): number {
    return this.services.all.reduce((sum, { armed }) => sum + armed, 0);
  }
  get slots(): readonly number[] {
    return this.services.all.flatMap(({ slots }) => slots);
  }
  /** Of the database whose clock is furthest from the process's. */
  get skewMs(): number {
    return this.services.all
      .map(({ clock }) => clock.skewMs)
      .reduce((most, skewMs) => (Math.abs(skewMs) > Math.abs(most) ? skewMs : most));
  }

  async own(slots: readonly number[]): Promise<void> {
    const owned = this.services.map((service, place) =>
      service.own(slots.filter((slot) => isHeldBy(place, slot))),
    );
    await Promise.all(owned.all);
  }

  unfollow(): void {
    for (const service of this.services.all) service.unfollow();
  }

  follow(timerId: TimerId, slot: number, version: number, nextFireAt: EpochMs | null): void {
    this.services.of(slot).follow(timerId, slot, version, nextFireAt);
  }
}

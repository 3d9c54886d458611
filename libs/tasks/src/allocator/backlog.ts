import { type Demand, demandKey } from './placement.js';

/** A task that waits for a runner. */
export interface Offer {
  /** `<eventId>/<attempt>`. */
  readonly key: string;
  readonly namespace: string;
  readonly timerKey: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly demand: Demand;
  /** Its record is dealt with: it need not be read again. */
  readonly done: () => void;
}

/** Tasks without a runner, in the order they came, alike ones together. Bounded: what it drops is offered again by its clock. */
export class Backlog {
  readonly #groups = new Map<string, Map<string, Offer>>();
  /** Which attempt of each event waits. */
  readonly #byEvent = new Map<string, Offer>();

  constructor(private readonly max: number) {}

  get size(): number {
    return this.#byEvent.size;
  }

  /** A former attempt of the same event gives way; a repeat is dealt with. */
  add(offer: Offer): void {
    const waiting = this.#byEvent.get(offer.eventId);
    if (waiting !== undefined && waiting.attempt >= offer.attempt) {
      offer.done();
      return;
    }
    const group = demandKey(offer.demand);
    if (waiting !== undefined) this.#drop(waiting);
    if (this.#byEvent.size >= this.max) this.#dropOldestOfMost();
    this.#byEvent.set(offer.eventId, offer);
    const alike = this.#groups.get(group) ?? new Map<string, Offer>();
    alike.set(offer.eventId, offer);
    this.#groups.set(group, alike);
  }

  /** The first of each group in turn, as long as `place` finds a place for it; a group that had its turn is the last one next time. */
  placeAll(place: (offer: Offer) => boolean): void {
    const open = new Map(this.#groups);
    while (open.size > 0) {
      for (const [group, alike] of open) {
        const [offer] = alike.values();
        if (offer === undefined || !place(offer)) open.delete(group);
        else this.#placed(group, alike, offer);
      }
    }
  }

  #placed(group: string, alike: Map<string, Offer>, offer: Offer): void {
    this.#remove(offer);
    if (alike.size === 0) return;
    this.#groups.delete(group);
    this.#groups.set(group, alike);
  }

  clear(): void {
    this.#groups.clear();
    this.#byEvent.clear();
  }

  #drop(offer: Offer): void {
    this.#remove(offer);
    offer.done();
  }

  #remove(offer: Offer): void {
    const group = demandKey(offer.demand);
    this.#byEvent.delete(offer.eventId);
    const alike = this.#groups.get(group);
    alike?.delete(offer.eventId);
    if (alike?.size === 0) this.#groups.delete(group);
  }

  /** Those that wait in greatest number are those that nobody can do. */
  #dropOldestOfMost(): void {
    let most: Map<string, Offer> | null = null;
    for (const alike of this.#groups.values()) if (most === null || alike.size > most.size) most = alike;
    const [oldest] = most?.values() ?? [];
    if (oldest !== undefined) this.#drop(oldest);
  }
}

/**
 * What is submitted while a flight is under way goes together into the next, up to a bound. Low load gives small batches
 * and low latency, high load large ones, by themselves.
 *
 * With several lanes, flights of different lanes may be under way side by side, but only when enough waits to fill them:
 * below that one flight that takes everything costs less than two that share it. An item stays in its lane, and a lane
 * has one flight at a time, so the order within a lane is kept.
 */
export class GroupCommit<Item> {
  readonly #lanes: Lane<Item>[];
  readonly #flights = new Set<Promise<void>>();
  #gathering: Promise<void> | null = null;

  /**
   * @param fly one batch, start to end; it handles its own failures: a rejection ends the process's trust in it
   * @param take how many of the waiting items go next (at least one)
   */
  constructor(
    private readonly fly: (batch: readonly Item[]) => Promise<void>,
    private readonly take: (waiting: readonly Item[]) => number,
    private readonly onError: (error: unknown) => void,
    private readonly traffic: Traffic<Item> = { lanes: 1, laneOf: () => 0, crowdedAbove: Infinity },
  ) {
    this.#lanes = Array.from({ length: traffic.lanes }, () => ({ waiting: [], isFlying: false }));
  }

  get waiting(): number {
    return this.#lanes.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  submit(items: readonly Item[]): void {
    for (const item of items) this.#lanes[this.traffic.laneOf(item)]?.waiting.push(item);
    if (this.traffic.gather === undefined) this.#launch();
    else
      this.#gathering ??= this.traffic.gather().then(() => {
        this.#gathering = null;
        this.#launch();
      });
  }

  /** Removes waiting items, for example those of a partition that was lost. */
  withdraw(isGone: (item: Item) => boolean): void {
    for (const lane of this.#lanes) lane.waiting = lane.waiting.filter((item) => !isGone(item));
  }

  /** Until nothing waits and nothing flies. */
  async drained(): Promise<void> {
    while (this.#gathering !== null || this.#flights.size > 0)
      await (this.#gathering ?? Promise.race(this.#flights));
  }

  #launch(): void {
    for (;;) {
      const ready = this.#lanes.filter(({ waiting, isFlying }) => waiting.length > 0 && !isFlying);
      const isCrowded = this.waiting > this.traffic.crowdedAbove;
      if (ready.length === 0 || (this.#flights.size > 0 && !isCrowded)) return;
      const flight = this.#flight(isCrowded ? ready.toSorted(fullestFirst).slice(0, 1) : ready);
      this.#flights.add(flight);
      void flight.finally(() => {
        this.#flights.delete(flight);
        this.#launch();
      });
    }
  }

  async #flight(lanes: readonly Lane<Item>[]): Promise<void> {
    for (const lane of lanes) lane.isFlying = true;
    try {
      await this.fly(this.#board(lanes));
    } catch (error) {
      this.onError(error);
    } finally {
      for (const lane of lanes) lane.isFlying = false;
    }
  }

  #board(lanes: readonly Lane<Item>[]): Item[] {
    const all = lanes.flatMap(({ waiting }) => waiting);
    const batch = all.slice(0, Math.max(1, this.take(all)));
    let left = batch.length;
    for (const { waiting } of lanes) left -= waiting.splice(0, left).length;
    return batch;
  }
}

export interface Traffic<Item> {
  readonly lanes: number;
  readonly laneOf: (item: Item) => number;
  /** Items that wait, in all lanes together, above which lanes fly side by side. */
  readonly crowdedAbove: number;
  /** Awaited before what was submitted goes: what others submit in the same moment goes along. Default: it goes at once. */
  readonly gather?: () => Promise<void>;
}

interface Lane<Item> {
  waiting: Item[];
  isFlying: boolean;
}

const fullestFirst = (a: Lane<unknown>, b: Lane<unknown>): number => b.waiting.length - a.waiting.length;

/**
 * One flight at a time: what is submitted while one is under way goes together into the next, up to a bound. Low load
 * gives small batches and low latency, high load large ones, by themselves.
 */
export class GroupCommit<Item> {
  readonly #waiting: Item[] = [];
  #flying: Promise<void> | null = null;

  /**
   * @param fly one batch, start to end; it handles its own failures: a rejection ends the process's trust in it
   * @param take how many of the waiting items go next (at least one)
   */
  constructor(
    private readonly fly: (batch: readonly Item[]) => Promise<void>,
    private readonly take: (waiting: readonly Item[]) => number,
    private readonly onError: (error: unknown) => void,
  ) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get isIdle(): boolean {
    return this.#flying === null && this.#waiting.length === 0;
  }

  submit(items: readonly Item[]): void {
    for (const item of items) this.#waiting.push(item);
    if (this.#flying === null && this.#waiting.length > 0) this.#flying = this.#flyAll();
  }

  /** Removes waiting items, for example those of a partition that was lost. */
  withdraw(isGone: (item: Item) => boolean): void {
    const kept = this.#waiting.filter((item) => !isGone(item));
    this.#waiting.length = 0;
    for (const item of kept) this.#waiting.push(item);
  }

  /** Until nothing waits and nothing flies. */
  async drained(): Promise<void> {
    while (this.#flying !== null) await this.#flying;
  }

  async #flyAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, Math.max(1, this.take(this.#waiting)));
        await this.fly(batch);
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.#flying = null;
    }
  }
}

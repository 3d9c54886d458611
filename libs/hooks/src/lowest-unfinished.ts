/**
 * The offset up to which everything of a partition is finished: handlers finish in any order, and a slow one must not
 * be forgotten after a restart, nor hold up the others meanwhile.
 */
export class LowestUnfinished {
  readonly #open = new Set<bigint>();
  #next: bigint | null = null;
  #lowest: bigint | null = null;

  begin(offset: bigint): void {
    this.#open.add(offset);
    if (this.#lowest === null || offset < this.#lowest) this.#lowest = offset;
    if (this.#next === null || offset >= this.#next) this.#next = offset + 1n;
  }

  finish(offset: bigint): void {
    this.#open.delete(offset);
    if (offset === this.#lowest) this.#lowest = null;
  }

  get unfinished(): number {
    return this.#open.size;
  }

  /** To be committed: the next offset to read after a restart; null: nothing was begun. */
  position(): bigint | null {
    if (this.#lowest === null && this.#open.size > 0) {
      for (const offset of this.#open)
        if (this.#lowest === null || offset < this.#lowest) this.#lowest = offset;
    }
    return this.#lowest ?? this.#next;
  }
}

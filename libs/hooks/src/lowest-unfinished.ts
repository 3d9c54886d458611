/**
 * The offset up to which everything of a partition is finished: handlers finish in any order, and a slow one must not
 * be forgotten after a restart, nor hold up the others meanwhile.
 */
export class LowestUnfinished {
  readonly #open = new Set<bigint>();
  /** Begun before the partition was dealt out anew, and still under way. */
  readonly #before = new Set<bigint>();
  #next: bigint | null = null;
  #lowest: bigint | null = null;
  /** Read, and not going to be begun here. */
  readonly #letGo = new Set<bigint>();

  /** False: it is under way already, from a former reading, whose end counts for this one. */
  begin(offset: bigint): boolean {
    const isUnderWay = this.#open.has(offset) || this.#before.has(offset);
    // unknown while others are open: `position` looks for it among them all
    if (this.#open.size === 0 || (this.#lowest !== null && offset < this.#lowest)) this.#lowest = offset;
    this.#open.add(offset);
    if (this.#next === null || offset >= this.#next) this.#next = offset + 1n;
    return !isUnderWay;
  }

  /** The partition is read from where its offset was committed, which may be elsewhere than here: what is under way goes on. */
  beginAnew(): void {
    for (const offset of this.#open) this.#before.add(offset);
    this.#open.clear();
    this.#next = null;
    this.#lowest = null;
  }

  finish(offset: bigint): void {
    this.#before.delete(offset);
    this.#open.delete(offset);
    if (offset === this.#lowest) this.#lowest = null;
  }

  letGo(offset: bigint): void {
    this.#before.delete(offset);
    // what was not read since shares were dealt lies ahead of where others begin
    if (this.#open.has(offset)) this.#letGo.add(offset);
  }

  /** Whether nothing that runs here lies behind what was let go of: whoever reads on need not wait for it, and meets none of it. */
  get mayHandOver(): boolean {
    const first = this.#firstLetGo();
    if (first === null) return true;
    for (const offset of [...this.#open, ...this.#before])
      if (offset > first && !this.#letGo.has(offset)) return false;
    return true;
  }

  /** Where whoever reads on begins, while what runs here is answered here; null: nothing was begun. */
  handOverPosition(): bigint | null {
    return this.#firstLetGo() ?? this.#next;
  }

  #firstLetGo(): bigint | null {
    let first: bigint | null = null;
    for (const offset of this.#letGo) if (first === null || offset < first) first = offset;
    return first;
  }

  get isIdle(): boolean {
    return this.#open.size === 0 && this.#before.size === 0;
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

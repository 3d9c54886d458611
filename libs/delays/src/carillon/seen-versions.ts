/** Timers whose last seen version is remembered, at least: the relay repeats soon after, or not at all. */
const rememberedMin = 25_000;

interface Generations {
  recent: Map<string, number>;
  older: ReadonlyMap<string, number>;
}

/**
 * Which versions of timers a reader of the feed has seen, by partition: repeats come where they came before, and a timer that has moved
 * leaves its former partition to be read. In two generations: the older one goes as a whole.
 */
export class SeenVersions {
  readonly #partitions = new Map<string, Generations>();
  #remembered = 0;

  /** False: this one, or a later one, was seen there. */
  note(partitionKey: string, timerId: string, version: number): boolean {
    const seen = this.#of(partitionKey);
    const recent = seen.recent.get(timerId);
    if (version <= (recent ?? seen.older.get(timerId) ?? 0)) return false;
    seen.recent.set(timerId, version);
    if (recent === undefined) this.#remembered += 1;
    if (this.#remembered >= rememberedMin) this.#age();
    return true;
  }

  #of(partitionKey: string): Generations {
    const known = this.#partitions.get(partitionKey);
    if (known !== undefined) return known;
    const made: Generations = { recent: new Map(), older: new Map() };
    this.#partitions.set(partitionKey, made);
    return made;
  }

  #age(): void {
    for (const seen of this.#partitions.values()) {
      seen.older = seen.recent;
      seen.recent = new Map();
    }
    this.#remembered = 0;
  }
}

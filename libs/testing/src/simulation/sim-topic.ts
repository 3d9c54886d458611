/** A record of a topic in memory. */
export interface SimRecord<T> {
  readonly offset: bigint;
  readonly key: string;
  readonly value: T;
}

/** Partitions that only grow, in length and in number. */
export class SimTopic<T> {
  readonly #partitions: SimRecord<T>[][] = [];
  readonly #grown: (() => void)[][] = [];
  readonly #all: SimRecord<T>[] = [];

  constructor(
    readonly name: string,
    count: number,
  ) {
    this.widen(count);
  }

  /** Partitions. */
  get width(): number {
    return this.#partitions.length;
  }

  widen(to: number): void {
    while (this.#partitions.length < to) {
      this.#partitions.push([]);
      this.#grown.push([]);
    }
  }

  append(partition: number, key: string, value: T): void {
    const log = this.#log(partition);
    const record = { offset: BigInt(log.length), key, value };
    log.push(record);
    this.#all.push(record);
    for (const tell of this.#grown[partition]?.splice(0) ?? []) tell();
  }

  end(partition: number): bigint {
    return BigInt(this.#log(partition).length);
  }

  read(partition: number, from: bigint, max: number): readonly SimRecord<T>[] {
    return this.#log(partition).slice(Number(from), Number(from) + max);
  }

  /** Resolves when the partition reaches beyond this offset. */
  beyond(partition: number, offset: bigint): Promise<void> {
    if (this.end(partition) > offset) return Promise.resolve();
    return new Promise((resolve) => this.#grown[partition]?.push(resolve));
  }

  /** Of all partitions, in the order in which they came. */
  all(): readonly SimRecord<T>[] {
    return this.#all;
  }

  #log(partition: number): SimRecord<T>[] {
    const log = this.#partitions[partition];
    if (log === undefined) throw new RangeError(`${this.name} has no partition ${partition}`);
    return log;
  }
}

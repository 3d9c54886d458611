/** A record of a topic in memory. */
export interface SimRecord<T> {
  readonly offset: bigint;
  readonly key: string;
  readonly value: T;
}

/** Partitions that only grow. */
export class SimTopic<T> {
  readonly partitions: readonly SimRecord<T>[][];
  readonly #grown: (() => void)[][];

  constructor(
    readonly name: string,
    count: number,
  ) {
    this.partitions = Array.from({ length: count }, () => []);
    this.#grown = Array.from({ length: count }, () => []);
  }

  append(partition: number, key: string, value: T): void {
    const log = this.#log(partition);
    log.push({ offset: BigInt(log.length), key, value });
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

  all(): readonly SimRecord<T>[] {
    return this.partitions.flat();
  }

  #log(partition: number): SimRecord<T>[] {
    const log = this.partitions[partition];
    if (log === undefined) throw new RangeError(`${this.name} has no partition ${partition}`);
    return log;
  }
}

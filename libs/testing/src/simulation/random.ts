/** Chance out of a seed (sfc32): the same seed gives the same numbers, on every machine and for ever. */
export class Random {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c = 0xb7e15162;
  #count: number;

  constructor(seed: number) {
    this.#count = seed >>> 0;
    this.#a ^= Math.floor(seed / 2 ** 32);
    // neighbouring seeds begin alike; after a few rounds nothing of that is left
    for (let round = 0; round < 15; round += 1) this.#next();
  }

  /** 0 ≤ x < 1 */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** Mostly near `min`, now and then as far as `max`: how long things take. */
  skewed(min: number, max: number): number {
    return Math.round(min + (max - min) * this.fraction() ** 4);
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.int(0, list.length - 1)] ?? list[0];
  }

  /** One of a list that may be empty. */
  oneOf<T>(list: readonly T[]): T | undefined {
    return list[this.int(0, list.length - 1)];
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#next() & 0xff);
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, rank: this.#next() }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ item }) => item);
  }

  /** Another stream of numbers: what draws from it shifts nothing in this one. */
  fork(): Random {
    return new Random(this.#next());
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

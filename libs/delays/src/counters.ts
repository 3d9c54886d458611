/** Counters that never wrap in practice: whole numbers up to 2^53. One thread counts, so no lock is needed. */
export class Counters<Name extends string> {
  readonly #values = new Map<Name, number>();

  constructor(private readonly names: readonly Name[]) {
    this.reset();
  }

  add(name: Name, by = 1): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  get(name: Name): number {
    return this.#values.get(name) ?? 0;
  }

  reset(): void {
    for (const name of this.names) this.#values.set(name, 0);
  }

  read(): Record<Name, number> {
    return Object.fromEntries(this.#values) as Record<Name, number>;
  }
}

/**
 * Where one database stands among those that hold the timers together: it has the slots with `slot % of === number`. Their
 * count is a power of two and at most that of the partitions, so a partition lies whole in one of them.
 */
export interface DatabasePlace {
  /** From 0, in the order in which they are configured. */
  readonly number: number;
  readonly of: number;
}

/** Of a database that holds every timer. */
export const onlyDatabase: DatabasePlace = Object.freeze({ number: 0, of: 1 });

/** Of a slot or of a partition. */
export const isHeldBy = ({ number, of }: DatabasePlace, slotOrPartition: number): boolean =>
  slotOrPartition % of === number;

/** One of each database, in their order. */
export class ByDatabase<T> {
  constructor(readonly all: readonly [T, ...T[]]) {}

  static from<S, T>(
    sources: readonly [S, ...S[]],
    open: (source: S, place: DatabasePlace) => T,
  ): ByDatabase<T> {
    const of = sources.length;
    const [first, ...rest] = sources;
    return new ByDatabase([
      open(first, { number: 0, of }),
      ...rest.map((source, index) => open(source, { number: index + 1, of })),
    ]);
  }

  get count(): number {
    return this.all.length;
  }

  /** Of a slot or of a partition. */
  of(slotOrPartition: number): T {
    return this.all[slotOrPartition % this.all.length] ?? this.all[0];
  }

  map<U>(make: (one: T, place: DatabasePlace) => U): ByDatabase<U> {
    return ByDatabase.from(this.all, make);
  }

  each(tell: (one: T, place: DatabasePlace) => void): void {
    this.map(tell);
  }

  /** Slots or partitions, each with the one that has it; who has none of them is left out. */
  split(slotsOrPartitions: readonly number[]): { readonly one: T; readonly theirs: readonly number[] }[] {
    return this.all
      .map((one, number) => ({
        one,
        theirs: slotsOrPartitions.filter((each) => isHeldBy({ number, of: this.count }, each)),
      }))
      .filter(({ theirs }) => theirs.length > 0);
  }
}

/** A promise (docs/invariants.md, by its number) that a run broke. */
export interface Violation {
  readonly promise: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;
  readonly detail: string;
}

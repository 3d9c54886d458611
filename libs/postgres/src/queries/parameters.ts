/** Values of one statement. They reach Postgres as parameters only; what the text has of them is `$1`, `$2`, … */
export class Parameters {
  readonly values: unknown[] = [];

  /** Answers the text that stands for the value. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

// Years of four digits: both sides write them alike, and no timer has a moment beyond.
const earliestMs = Date.parse('0001-01-01T00:00:00Z');
const latestMs = Date.parse('9999-12-31T00:00:00Z');

/** Epoch milliseconds as timestamptz text. */
export function momentText(moment: number): string {
  if (moment >= latestMs) return 'infinity';
  return moment <= earliestMs ? '-infinity' : new Date(moment).toISOString();
}

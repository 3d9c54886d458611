// Tables for people: columns as wide as they need, nothing that a terminal would obey.

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | undefined | null;
  readonly align?: 'right';
}

/** Keys and payloads are anybody's text: control characters are shown, not sent to the terminal. */
export const harmless = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Lines, the titles first; what is absent is a dash. */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const cells = rows.map((row) => columns.map(({ of }) => cellOf(of(row))));
  const all = [columns.map(({ title }) => title), ...cells];
  const widths = columns.map((_, at) => Math.max(...all.map((line) => widthOf(line[at] ?? ''))));
  return all.map((line) =>
    line
      .map((cell, at) => padded(cell, widths[at] ?? 0, columns[at]?.align === 'right'))
      .join('  ')
      .trimEnd(),
  );
}

/** `name  value` lines of one thing; what is absent is left out. */
export function factLines(facts: Readonly<Record<string, unknown>>): string[] {
  const there = Object.entries(facts).filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...there.map(([name]) => name.length));
  return there.map(([name, value]) => `${name.padEnd(width)}  ${valueText(value)}`);
}

const valueText = (value: unknown): string =>
  typeof value === 'string' ? harmless(value) : harmless(JSON.stringify(value));
const cellOf = (value: string | number | undefined | null): string =>
  value === undefined || value === null || value === '' ? '-' : harmless(String(value));
const widthOf = (text: string): number => [...text].length;
const padded = (text: string, width: number, isRight: boolean): string => {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isRight ? spaces + text : text + spaces;
};

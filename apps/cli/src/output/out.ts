import { styleText } from 'node:util';
import { type Column, tableLines } from './table.js';

export interface ShownAs {
  /** For programs: JSON on standard output, and nothing else. */
  readonly json?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** Colours on a terminal alone, and not where NO_COLOR asks for none. */
export const paint = (style: Style, text: string): string =>
  process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '' ? styleText(style, text) : text;

export const say = (line = ''): void => void process.stdout.write(`${line}\n`);
/** Beside the answer, so that a pipe gets the answer alone. */
export const note = (line: string): void => void process.stderr.write(`${line}\n`);
export const sayJson = (value: unknown): void => say(JSON.stringify(value));

export function sayTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const [titles = '', ...lines] = tableLines(rows, columns);
  say(paint('bold', titles));
  for (const line of lines) say(line);
}

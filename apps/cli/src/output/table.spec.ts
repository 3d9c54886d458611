import { expect, it } from 'vitest';
import { type Column, factLines, tableLines } from './table.js';

interface Row {
  readonly key: string;
  readonly fires?: number;
}
const columns: readonly Column<Row>[] = [
  { title: 'KEY', of: ({ key }) => key },
  { title: 'FIRES', of: ({ fires }) => fires, align: 'right' },
];

it('makes columns as wide as they need, and a dash of what is absent', () => {
  const rows = [{ key: 'nightly-report', fires: 7 }, { key: 'a' }];
  expect(tableLines(rows, columns)).toEqual([
    'KEY             FIRES',
    'nightly-report      7',
    'a                   -',
  ]);
});
it('shows control characters of a key instead of sending them to the terminal', () => {
  expect(tableLines([{ key: '\u001b[2Jgone' }], columns)[1]).toContain('\\u001b[2Jgone');
  expect(factLines({ data: 'a\nb' })).toEqual(['data  a\\u000ab']);
});
it('leaves out facts that are absent', () =>
  expect(factLines({ key: 'a', endAt: undefined, tags: ['x'] })).toEqual(['key   a', 'tags  ["x"]']));

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Row {
  readonly id: string;
  readonly behaviour: string;
  readonly shownBy: string;
}

const rows: readonly Row[] = [
  ...readFileSync('docs/conformance.md', 'utf8').matchAll(/^\| ([TMFNC]-\d+) +\| (.+?) +\| (.+?) +\|$/gm),
].map(([, id = '', behaviour = '', shownBy = '']) => ({ id, behaviour, shownBy }));

/** `file › title` in backticks, as often as a row names one. */
const testsOf = ({ shownBy }: Row): { file: string; title: string }[] =>
  [...shownBy.matchAll(/`([^`›]+?) › ([^`]+?)`/g)].map(([, file = '', title = '']) => ({ file, title }));

/** A title begins its text: what a comment or another title says of it is no test. */
const hasTest = (source: string, title: string): boolean =>
  [`'`, '"', '`'].some((quote) => source.includes(`${quote}${title}`));

/** The last id of each part; ids begin at 1. */
const lastOf = { T: 125, M: 87, F: 61, N: 44, C: 63 };

describe('docs/conformance.md', () => {
  it('answers every id there is, and no other', () => {
    const every = Object.entries(lastOf).flatMap(([part, last]) =>
      Array.from({ length: last }, (_, before) => `${part}-${before + 1}`),
    );
    expect(rows.map(({ id }) => id).toSorted()).toEqual(every.toSorted());
  });
  it('answers an id once', () => {
    const ids = rows.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });
  it('answers each row with a test, a choice or a reason', () => {
    const unanswered = rows.filter(
      (row) => testsOf(row).length === 0 && !/\*\*(other|n\/a):\*\* \S/.test(row.shownBy),
    );
    expect(unanswered.map(({ id }) => id)).toEqual([]);
  });
  it('names tests that are there', () => {
    const missing = rows.flatMap((row) =>
      testsOf(row)
        .filter(({ file, title }) => !existsSync(file) || !hasTest(readFileSync(file, 'utf8'), title))
        .map(({ file, title }) => `${row.id}: ${file} › ${title}`),
    );
    expect(missing).toEqual([]);
  });
});

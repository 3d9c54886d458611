import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

// Every page of the repository leads to what is there; the guide shows nothing but code that runs.

const read = (file: string): string => readFileSync(file, 'utf8');
const tracked = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '' && existsSync(file));
const pages = tracked('*.md');

const withoutFences = (text: string): string => text.replaceAll(/```.*?```/gs, '');
const withoutCode = (text: string): string => withoutFences(text).replaceAll(/`[^`\n]*`/g, '');

/** As GitHub and the site of the documents name a heading: `## Who, and why?` is `#who-and-why`. */
function anchorsOf(file: string): Set<string> {
  const headings = [...withoutFences(read(file)).matchAll(/^#{1,6} (.+)$/gm)];
  const seen = new Map<string, number>();
  return new Set(
    headings.map(([, heading = '']) => {
      const name = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-');
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      return times === 0 ? name : `${name}-${times}`;
    }),
  );
}

describe('pages', () => {
  it('are many', () => expect(pages.length).toBeGreaterThan(30));

  it.each(pages)('%s leads to files and headings that are there', (page) => {
    const links = [
      ...withoutCode(read(page)).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g),
    ];
    for (const [whole, path = '', anchor] of links) {
      const file = path === '' ? page : normalize(join(dirname(page), path));
      expect(existsSync(file), whole).toBe(true);
      if (anchor !== undefined && file.endsWith('.md')) expect([...anchorsOf(file)], whole).toContain(anchor);
    }
  });
});

const tablesOf = (page: string): string[][] =>
  withoutFences(read(page))
    .split(/\n(?!\|)/)
    .map((block) => block.split('\n').filter((line) => line.startsWith('|')));
const cellsOf = (row: string): number => row.replaceAll('\\|', '').split('|').length;

// a merge that kept both sides of a table leaves a second head within it, or a row of another table
describe('tables', () => {
  it.each(pages)('of %s have each row once', (page) => {
    const twice = tablesOf(page).flatMap((rows) => rows.filter((row, index) => rows.indexOf(row) < index));
    expect(twice).toEqual([]);
  });
  it.each(pages)('of %s have as many cells in each row', (page) => {
    const odd = tablesOf(page).flatMap((rows) =>
      rows.filter((row) => cellsOf(row) !== cellsOf(rows[0] ?? row)),
    );
    expect(odd).toEqual([]);
  });
});

/** Line breaks and the commas that come with them are the formatter's own business. */
const flat = (code: string): string =>
  code
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/,? ?([)\]}])/g, '$1')
    .replaceAll(/([([{]) /g, '$1')
    .trim();
const guide = readdirSync('docs/guide').filter((name) => name.endsWith('.md'));
const examplesOf = (page: string): string[] =>
  [...read(`docs/guide/${page}`).matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) =>
    // by the name of the package, which specs do not have
    flat(code.replaceAll(/^import .* from 'carillon\/.*;\n/gm, '')),
  );
/** What the gate runs: specs, and the processes that specs start. */
const running = tracked('docs/guide/*.spec.ts', 'test/e2e/*.spec.ts', 'test/harness/*.ts').map((file) =>
  flat(read(file)),
);

describe('the guide', () => {
  it.each(guide)('%s shows code that runs', (page) => {
    for (const example of examplesOf(page))
      expect(
        running.some((source) => source.includes(example)),
        example,
      ).toBe(true);
  });

  it.each(['schedules', 'time-zones', 'missed-fires', 'acknowledging', 'history', 'client', 'outbox'])(
    '%s has an example',
    (page) => expect(examplesOf(`${page}.md`)).not.toEqual([]),
  );
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// Code in the guide is cut from specs that run beside it: `x.md` shows what `x.spec.ts` runs.

const folder = 'docs/guide';
const read = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');
/** Line breaks and the commas that come with them are the formatter's own business. */
const flat = (code: string): string =>
  code
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/,? ?([)\]}])/g, '$1')
    .replaceAll(/([([{]) /g, '$1')
    .trim();
const pages = ['missed-fires.md', 'schedules.md', 'time-zones.md'];

describe('the guide', () => {
  it.each(pages)('%s shows code that runs', (page) => {
    const blocks = [...read(page).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => flat(code ?? ''));
    expect(blocks.length).toBeGreaterThan(0);
    const source = flat(read(page.replace('.md', '.spec.ts')));
    for (const block of blocks) expect(source).toContain(block);
  });
  it.each(pages)('%s leads to files that are there', (page) => {
    for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      expect(() => readFileSync(`${folder}/${link}`), link).not.toThrow();
  });
});

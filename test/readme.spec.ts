import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('README', () => {
  it('shows the handlers that run', () => {
    const source = read('apps/hooks-demo/src/demo.hooks.ts');
    expect(read('README.md')).toContain(source.slice(source.indexOf('@Injectable()')).trim());
  });
  it('leads to files that are there', () => {
    const links = [...read('README.md').matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(8);
    for (const link of links) expect(() => readFileSync(link), link).not.toThrow(/ENOENT/);
  });
  it('keeps to 120 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(121);
  });
});

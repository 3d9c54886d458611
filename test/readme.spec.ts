import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('README', () => {
  it('shows the handlers that run', () => {
    const source = read('apps/hooks-demo/src/demo.hooks.ts');
    expect(read('README.md')).toContain(source.slice(source.indexOf('@Injectable()')).trim());
  });
  it('keeps to 120 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(121);
  });
});

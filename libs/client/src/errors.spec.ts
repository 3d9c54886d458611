import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const codes = [
  ...readFileSync(new URL('./errors.ts', import.meta.url), 'utf8').matchAll(/readonly code = '([^']+)'/g),
].map(([, code = '']) => code);

it('every error of the client itself has a code of its own, and docs/operations.md says what it means', () => {
  expect(codes.length).toBeGreaterThan(5);
  expect(new Set(codes).size).toBe(codes.length);
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  expect(codes.filter((code) => !page.includes(`| \`${code}\``))).toEqual([]);
});

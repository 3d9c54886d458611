import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the README shows what the example runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL('../../../examples/cluster/main.ts', import.meta.url), 'utf8');
  const shown = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code.trim());
  expect(shown.length).toBeGreaterThan(2);
  for (const code of shown) expect(source).toContain(code);
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exitCodes } from './errors/exit-codes.js';
import { carillon } from './program.js';
import { reference } from './reference.js';

const page = readFileSync('docs/cli.md', 'utf8');

it('docs/cli.md has every command with its options in the words of --help, and none that is gone', () => {
  const sections = reference(carillon());
  expect(sections.filter((section) => !page.includes(`${section}\n`))).toEqual([]);
  expect(page.match(/^### `carillon /gm)).toHaveLength(sections.length);
});
it('docs/cli.md has every exit code', () => {
  for (const code of Object.values(exitCodes)) expect(page).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const readme = readFileSync('libs/tasks/README.md', 'utf8');
const example = readFileSync('examples/tasks/main.ts', 'utf8');

describe('the page of tasks', () => {
  it.each(['runners', 'tasks'])('shows the %s of the example that runs', (region) => {
    const [, code = 'no such region'] =
      new RegExp(`// region: ${region}\n([\\s\\S]*?)// endregion`).exec(example) ?? [];
    expect(readme).toContain(code.trim());
  });
});

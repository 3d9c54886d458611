import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('makes a site of the documents, with search, and no link that leads nowhere', async () => {
  await promisify(execFile)(process.execPath, ['node_modules/vitepress/bin/vitepress.js', 'build', 'docs']);
  for (const page of ['index', 'architecture', 'protocol', 'guide/client', 'runbooks/CarillonFiresLate'])
    expect(existsSync(`artifacts/docs/${page}.html`), page).toBe(true);
  const chunks = readdirSync('artifacts/docs/assets/chunks');
  expect(chunks.some((file) => file.includes('localSearchIndex'))).toBe(true);
});

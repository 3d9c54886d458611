import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = process.cwd();
// by the Node that runs this: the one on the PATH may be too old for it
const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');

/** Names of the rules that a tree breaks. */
async function broken(cwd: string): Promise<string[]> {
  const args = [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'libs', 'apps'];
  const { stdout, stderr } = await run(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  );
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string } }[]; totalCruised: number };
  };
  expect(report.summary.totalCruised).toBeGreaterThan(0);
  return [...new Set(report.summary.violations.map(({ rule }) => rule.name))].sort();
}

describe('the law of imports', () => {
  mkdirSync(join(root, '.carillon'), { recursive: true });
  const planted = mkdtempSync(join(root, '.carillon', 'boundaries-'));
  afterAll(() => rmSync(planted, { recursive: true, force: true }));

  it('holds for the tree', async () => {
    expect(await broken(root)).toEqual([]);
  });

  it('finds each violation that is planted', async () => {
    const files: Record<string, string> = {
      'libs/timer/src/index.ts': `import '#kafka';\nimport 'node:fs';\nexport const a = 1;\n`,
      'libs/kafka/src/index.ts': 'export const b = 1;\n',
      'libs/kafka/src/inner.ts': 'export const inner = 1;\n',
      'libs/engine/src/index.ts': `import '@nestjs/common';\nimport 'kafkajs';\nimport './one.js';\n`,
      'libs/engine/src/one.ts': `import './two.js';\n`,
      'libs/engine/src/two.ts': `import './one.js';\n`,
      'libs/hooks/src/index.ts': `import '../../kafka/src/inner.js';\n`,
      'libs/testing/src/index.ts': 'export const t = 1;\n',
      'apps/a/src/main.ts': `import '../../b/src/main.js';\nimport '#testing';\n`,
      'apps/b/src/main.ts': 'export const m = 1;\n',
    };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(planted, file)), { recursive: true });
      writeFileSync(join(planted, file), text);
    }
    for (const file of ['.dependency-cruiser.cjs', '.dependency-cruiser.resolve.cjs', 'package.json'])
      copyFileSync(join(root, file), join(planted, file));
    symlinkSync(join(root, 'node_modules'), join(planted, 'node_modules'));
    expect(await broken(planted)).toEqual([
      'apps-stand-alone',
      'front-door-only',
      'kafkajs-behind-one-door',
      'nest-at-the-rim',
      'no-cycles',
      'no-test-code',
      'timer-imports-down',
      'timer-is-pure',
    ]);
  });
});

// Checks and bundles the dashboard, and does nothing if neither its sources nor its packages changed since.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';

const stampFile = 'dist/apps/dashboard/.stamp';
const hash = createHash('sha256');
const sources = globSync([
  'apps/dashboard/**/*.{ts,tsx,css,html,json}',
  'libs/contract/src/{http/*,declared-fields}.ts',
  'libs/{tasks,cluster}/src/model/*.ts',
  'package-lock.json',
  'tsconfig.json',
  'scripts/build-dashboard.mjs',
]);
for (const file of sources.sort()) hash.update(`${file}\n`).update(readFileSync(file));
const stamp = hash.digest('hex');

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  const run = (script, ...args) => execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  try {
    run('node_modules/typescript/bin/tsc', '-p', 'apps/dashboard');
    run(
      'node_modules/vite/bin/vite.js',
      'build',
      '--config',
      'apps/dashboard/vite.config.ts',
      '--logLevel',
      'warn',
    );
  } catch (error) {
    // the command has said what is wrong
    process.exit(error.status ?? 1);
  }
  writeFileSync(stampFile, stamp);
}

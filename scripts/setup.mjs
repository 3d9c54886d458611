// What every npm script needs first, on a fresh clone too: packages as locked, and an up-to-date build. Runs on the
// machine's own Node; everything after it runs on the one that the packages bring.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const stampFile = 'node_modules/.carillon-lock';
const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const isInstalled = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock;
const windows = process.platform === 'win32';

function run(command, args) {
  try {
    execFileSync(command, args, { stdio: 'inherit', shell: windows });
  } catch (error) {
    // the command has said what is wrong
    process.exit(error.status ?? 1);
  }
}

if (!isInstalled) {
  process.stdout.write('installing packages, once\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stampFile, lock);
}
if (!existsSync('dist/.tsbuildinfo')) process.stdout.write('building, once; it takes some seconds\n');
run('node_modules/.bin/tsc', ['-p', '.']);
run('node_modules/.bin/node', ['scripts/copy-assets.mjs']);
run('node_modules/.bin/node', ['scripts/build-dashboard.mjs']);

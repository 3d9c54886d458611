// What ships, as CycloneDX, in artifacts/sbom.cdx.json. npm's own `--omit dev` leaves out what ships and is used in development as well, so
// it is given a lock file that has nothing else.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const file = 'artifacts/sbom.cdx.json';
const read = (name) => JSON.parse(readFileSync(name, 'utf8'));
const withoutDev = ({ devDependencies: _, ...manifest }) => manifest;

const manifest = withoutDev(read('package.json'));
const lock = read('package-lock.json');
const shipped = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
const packages = { ...Object.fromEntries(shipped), '': withoutDev(lock.packages['']) };

const folder = mkdtempSync(join(tmpdir(), 'carillon-sbom-'));
try {
  const write = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('package.json', manifest);
  write('package-lock.json', { ...lock, packages });
  const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  const sbom = JSON.parse(text);
  // npm takes the name of the folder
  sbom.metadata.component.name = manifest.name;
  mkdirSync('artifacts', { recursive: true });
  writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
  process.stdout.write(`${sbom.components.length} packages in ${file}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

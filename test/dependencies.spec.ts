import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';

// What can be told of the packages without asking anybody: the lock file pins each by its hash, nothing runs at installation that was not
// allowed by name, and what ships is licensed so that it may. `npm run audit` asks the registry what is known against them.

interface Locked {
  readonly name?: string;
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}
const json = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const manifest =
  json<Record<'dependencies' | 'devDependencies' | 'allowScripts', Record<string, unknown>>>('package.json');
const { packages } = json<{ packages: Readonly<Record<string, Locked>> }>('package-lock.json');
const locked = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, one]) => ({ ...one, name: one.name ?? path.split('node_modules/').at(-1) ?? '' }));
const shipped = locked.filter(({ dev }) => dev !== true);
const named = ({ name, version }: Pick<Locked, 'version'> & { readonly name: string }): string =>
  `${name}@${version}`;

const licences = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0'];

describe('the packages', () => {
  it('are named in one version each', () => {
    const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)))).toEqual([]);
  });
  it('are locked by a strong hash, and come from the registry alone', () => {
    expect(locked.length).toBeGreaterThan(200);
    expect(locked.filter(({ integrity = '' }) => !integrity.startsWith('sha512-')).map(named)).toEqual([]);
    expect(locked.filter(({ resolved }) => resolved !== undefined).map(named)).toEqual([]);
  });
  it('run nothing when they are installed that was not decided by name', () => {
    const scripted = locked
      .filter(({ hasInstallScript }) => hasInstallScript === true)
      .map(({ name }) => name);
    // another machine's binaries are not installed
    const here = scripted.filter((name) => !/-(darwin|windows|linux-(?!x64))/.test(name.replace('/', '-')));
    expect(here.filter((name) => !Object.hasOwn(manifest.allowScripts, name))).toEqual([]);
  });
  it('that ship may ship', () => {
    expect(shipped.filter(({ license = '' }) => !licences.includes(license)).map(named)).toEqual([]);
  });
});

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly unknown[];
}
interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describe('the bill of materials', () => {
  let sbom: Sbom;
  beforeAll(() => {
    execFileSync(process.execPath, ['scripts/sbom.mjs'], { stdio: 'pipe' });
    sbom = json<Sbom>('artifacts/sbom.cdx.json');
  });

  it('is CycloneDX, of this program', () => {
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      metadata: { component: { name: 'carillon', purl: expect.stringMatching(/^pkg:npm\/carillon@/) } },
    });
  });
  it('has every package that ships, and none that does not', () => {
    const listed = new Set(
      sbom.components.map(({ group, name, version }) =>
        named({ name: group === undefined ? name : `${group}/${name}`, version }),
      ),
    );
    expect([...listed].toSorted()).toEqual([...new Set(shipped.map(named))].toSorted());
    expect(listed.has('jose@6.2.18')).toBe(true);
  });
  it('says of each where it comes from, its hash as it is locked, and its licence', () => {
    const hashes = new Map(shipped.map((one) => [named(one), one.integrity?.slice('sha512-'.length)]));
    for (const { 'bom-ref': ref, purl, hashes: told, licenses } of sbom.components) {
      const [hash] = told;
      expect([ref, hash?.alg, Buffer.from(hash?.content ?? '', 'hex').toString('base64')]).toEqual([
        ref,
        'SHA-512',
        hashes.get(ref),
      ]);
      expect(purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@/);
      expect(licenses.length).toBeGreaterThan(0);
    }
  });
  it('leads from the program to each of them', () => {
    const edges = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const seen = new Set<string>();
    const open = [sbom.metadata.component['bom-ref']];
    for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
      if (seen.has(ref)) continue;
      seen.add(ref);
      open.push(...(edges.get(ref) ?? []));
    }
    expect(sbom.components.filter(({ 'bom-ref': ref }) => !seen.has(ref)).map(({ name }) => name)).toEqual(
      [],
    );
  });
});

// The package for users: the built files that its entries reach, and a package.json with what these import. Run after a
// build: `node scripts/pack-libs.mjs [folder for the .tgz]`; prints the path of the .tgz.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { packedPages, packedText } from './packed-pages.mjs';

const root = JSON.parse(readFileSync('package.json', 'utf8'));
const out = resolve(process.argv[2] ?? 'dist');
const stage = join(out, 'package');

/** Parts of kafkajs are replaced by ours: no other version will do. */
const exact = new Set(['kafkajs']);
const isNest = (name) => name.startsWith('@nestjs/');

const importForms = [
  /^(?:import|export|\})[^'"\n]*\bfrom ['"]([^'"\n]+)['"]/gm,
  /^import ['"]([^'"\n]+)['"]/gm,
  // types of declarations are written so where nothing is imported by name
  /\bimport\(['"]([^'"\n]+)['"]\)/g,
];
const specifiers = (text) => importForms.flatMap((form) => [...text.matchAll(form)].map(([, name]) => name));
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const withTypes = (file) => [file, file.replace(/\.js$/, '.d.ts')];
const isOurs = (specifier) => /^[.#]/.test(specifier);
const targetOf = (specifier, file) =>
  specifier.startsWith('#') ? join('.', root.imports[specifier]) : join(dirname(file), specifier);

/** Files that the entries reach, code and types, and what these import. */
function reach(entries) {
  const [files, imported] = [new Set(), new Set()];
  const waiting = entries.flatMap(withTypes);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file) || !existsSync(file)) continue;
    files.add(file);
    for (const specifier of specifiers(readFileSync(file, 'utf8'))) {
      imported.add(specifier);
      if (isOurs(specifier)) waiting.push(...withTypes(targetOf(specifier, file)));
    }
  }
  const others = [...imported].filter((specifier) => !isOurs(specifier) && !specifier.startsWith('node:'));
  return { files, imported, packages: [...new Set(others.map(packageOf))].sort() };
}

function versions(names) {
  const unknown = names.filter((name) => root.dependencies[name] === undefined);
  if (unknown.length > 0) throw new Error(`imported, and no dependency: ${unknown.join(', ')}`);
  return Object.fromEntries(
    names.map((name) => [name, `${exact.has(name) ? '' : '^'}${root.dependencies[name]}`]),
  );
}

const entries = Object.values(root.exports).map(({ default: file }) => join('.', file));
const { files, imported, packages } = reach(entries);
const peers = versions(packages.filter(isNest));
const manifest = {
  name: root.name,
  version: root.version,
  description: root.description,
  type: root.type,
  license: root.license,
  engines: root.engines,
  exports: root.exports,
  imports: Object.fromEntries(Object.entries(root.imports).filter(([alias]) => imported.has(alias))),
  dependencies: versions(packages.filter((name) => !isNest(name))),
  peerDependencies: peers,
  peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((name) => [name, { optional: true }])),
};

rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
for (const file of files) cpSync(file, join(stage, file));
for (const [page, place] of packedPages) {
  mkdirSync(dirname(join(stage, place)), { recursive: true });
  writeFileSync(join(stage, place), packedText(page, readFileSync(page, 'utf8')));
}
writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], {
  cwd: stage,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
const [{ filename }] = Object.values(JSON.parse(packed));
rmSync(stage, { recursive: true });
process.stdout.write(`${join(out, filename)}\n`);

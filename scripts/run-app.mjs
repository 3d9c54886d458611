// The image's entry point: the first word names the process, the rest is its own.
import { existsSync, readdirSync } from 'node:fs';

const apps = new URL('../dist/apps/', import.meta.url);
const [name = '', ...rest] = process.argv.slice(2);
const main = new URL(`${name}/src/main.js`, apps);
if (!/^[a-z-]+$/.test(name) || !existsSync(main)) {
  const names = readdirSync(apps).filter((app) => existsSync(new URL(`${app}/src/main.js`, apps)));
  process.stderr.write(`there is no process called '${name}'; one of: ${names.join(', ')}\n`);
  process.exit(64);
}
process.argv.splice(2, process.argv.length, ...rest);
await import(main.href);

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Puts an export of ours in the place of a CommonJS module's. Must run before anybody else loads it. @returns the former */
export function replaceModule<T>(path: string, by: T): T {
  const original = require(path) as T;
  const module = require.cache[path];
  if (module !== undefined) module.exports = by;
  return original;
}

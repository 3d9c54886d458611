import { simulate } from '#testing';
import { mutants } from './mutants/mutants.js';

// Prints, for each mutant, how many seeds it took to find it: the table of docs/testing.md.

for (const { promise, what, wraps, within } of mutants) {
  let found: number | null = null;
  for (let seed = 1; seed <= 400 && found === null; seed += 1) {
    const { violations } = await simulate({ seed, wraps: wraps(), ...within });
    if (violations.some((violation) => violation.promise === promise)) found = seed;
  }
  process.stdout.write(`| ${promise} | ${what} | ${found ?? 'not within 400'} |\n`);
}

import { describe, expect, it } from 'vitest';
import { simulate } from '#testing';
import { mutants } from './mutants/mutants.js';

const seedsMax = 400;

describe('a promise broken on purpose', () => {
  it.each(mutants)(
    '$promise: is found where the product $what',
    async ({ promise, wraps, within }) => {
      for (let seed = 1; seed <= seedsMax; seed += 1) {
        const { violations } = await simulate({ seed, wraps: wraps(), ...within });
        if (violations.some((found) => found.promise === promise)) return;
      }
      expect.fail(`not within ${seedsMax} seeds`);
    },
    120_000,
  );

  it('has a mutant for each promise', () => {
    expect([...new Set(mutants.map(({ promise }) => promise))].sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
  });
});

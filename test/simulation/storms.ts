import { describe, expect, it } from 'vitest';
import { simulate } from '#testing';

const perTest = 100;

/** Specs of so many seeds, a hundred a test. Several files share them, one a core. */
export function stormsFrom(first: number, seeds: number): void {
  const starts = Array.from({ length: seeds / perTest }, (_, index) => first + index * perTest);
  describe('the simulation', () => {
    it.each(starts)('keeps every promise through a hundred storms from seed %i on', async (from) => {
      for (let seed = from; seed < from + perTest; seed += 1) {
        const { violations } = await simulate({ seed });
        expect(violations, `npm run sim -- --seeds 1 --from ${seed} --trace`).toEqual([]);
      }
    });
  });
}

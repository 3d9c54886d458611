import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EpochMs, momentText } from './index.js';

it('writes any moments, one after another, as a Date does', () => {
  const near = fc.integer({ min: -300_000, max: 300_000 }).map((offset) => 1_795_672_439_406 + offset);
  const moment = fc.oneof(near, fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.constantFrom(0, -1, -60_000));
  fc.assert(
    fc.property(fc.array(moment), (moments) => {
      expect(moments.map((one) => momentText(one as EpochMs))).toEqual(
        moments.map((one) => new Date(one).toISOString()),
      );
    }),
  );
});

it('refuses what no Date holds', () => {
  for (const none of [Number.NaN, 8.64e15 + 1, Number.NEGATIVE_INFINITY])
    expect(() => momentText(none as EpochMs)).toThrow(RangeError);
});

import { describe, expect, it } from 'vitest';
import { slotOf, slots } from '#timer';
import { ByDatabase, isHeldBy } from './databases.js';

const partitionsOfTwo = new ByDatabase(['a', 'b']);

describe('several databases', () => {
  it('have each slot where its partition is, however many partitions there are', () => {
    for (const partitions of [4, 8, 16, 256])
      for (let slot = 0; slot < slots; slot += 1)
        for (const all of [1, 2, 4])
          expect(isHeldBy({ number: slot % all, of: all }, slot % partitions)).toBe(true);
  });

  it('are found by a slot, and split what is theirs', () => {
    expect(partitionsOfTwo.of(slotOf('default', 'a'))).toBe(slotOf('default', 'a') % 2 === 0 ? 'a' : 'b');
    expect(partitionsOfTwo.split([0, 3, 5, 6])).toEqual([
      { one: 'a', theirs: [0, 6] },
      { one: 'b', theirs: [3, 5] },
    ]);
    expect(partitionsOfTwo.split([1])).toEqual([{ one: 'b', theirs: [1] }]);
  });

  it('keep their order and know their place', () => {
    const places = ByDatabase.from(['x', 'y'], (url, place) => `${url} ${place.number} ${place.of}`);
    expect(places.all).toEqual(['x 0 2', 'y 1 2']);
  });
});

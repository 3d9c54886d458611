import { describe, expect, it } from 'vitest';
import { firstOf, lastOf } from './limited.js';

async function* numbers(count: number) {
  for (let n = 1; n <= count; n += 1) yield n;
}

describe('a limit', () => {
  it('leaves out what comes later, and says whether there was any', async () => {
    expect(await firstOf(numbers(3), 2)).toEqual({ items: [1, 2], isMore: true });
    expect(await firstOf(numbers(2), 2)).toEqual({ items: [1, 2], isMore: false });
  });
  it('leaves out what came earlier, where the newest are wanted', async () => {
    expect(await lastOf(numbers(5), 2)).toEqual({ items: [4, 5], isMore: true });
    expect(await lastOf(numbers(2), 2)).toEqual({ items: [1, 2], isMore: false });
  });
});

import { describe, expect, it } from 'vitest';
import { type EpochMs, later, laterBy } from '#timer';

describe('moments', () => {
  it('move by milliseconds', () => {
    expect(laterBy(1000 as EpochMs, 250)).toBe(1250);
    expect(later(1 as EpochMs, 2 as EpochMs)).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { ReadSize } from './read-size.js';

describe('the size of a read', () => {
  it('doubles after each that was quick, up to the bound', () => {
    const size = new ReadSize(5_000);
    expect(size.timers).toBe(1_024);
    expect([size.filledIn(10), size.timers]).toEqual([true, 2_048]);
    expect([size.filledIn(249), size.timers]).toEqual([true, 4_096]);
    expect([size.filledIn(10), size.timers]).toEqual([true, 5_000]);
    expect([size.filledIn(10), size.timers]).toEqual([false, 5_000]);
  });

  it('stays where a read takes some time, and is halved where it takes long or fails', () => {
    const size = new ReadSize(50_000);
    expect([size.filledIn(250), size.timers]).toEqual([false, 1_024]);
    expect([size.filledIn(1_000), size.timers]).toEqual([false, 512]);
    size.failed();
    expect(size.timers).toBe(256);
    size.failed();
    expect(size.timers).toBe(256);
  });

  it('never asks for more than is held in memory', () => {
    const size = new ReadSize(4);
    expect(size.timers).toBe(4);
    expect(size.filledIn(1)).toBe(false);
    size.failed();
    expect(size.timers).toBe(4);
  });
});

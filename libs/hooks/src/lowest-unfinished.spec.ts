import { describe, expect, it } from 'vitest';
import { LowestUnfinished } from './lowest-unfinished.js';

describe('how far a partition is done with', () => {
  it('is where the lowest begins that is not, whatever ends first', () => {
    const progress = new LowestUnfinished();
    expect(progress.position()).toBeNull();
    for (const offset of [5n, 6n, 8n]) expect(progress.begin(offset)).toBe(true);
    progress.finish(6n);
    expect(progress.position()).toBe(5n);
    progress.finish(5n);
    expect(progress.position()).toBe(8n);
    progress.finish(8n);
    expect(progress.position()).toBe(9n);
  });

  it('stays with what is under way that is read again without an assignment', () => {
    const progress = new LowestUnfinished();
    expect(progress.begin(5n)).toBe(true);
    expect(progress.begin(5n)).toBe(false);
    expect(progress.position()).toBe(5n);
    progress.finish(5n);
    expect(progress.position()).toBe(6n);
  });

  it('stays with what is under way that is read again after one', () => {
    const progress = new LowestUnfinished();
    progress.begin(5n);
    progress.beginAnew();
    expect(progress.begin(5n)).toBe(false);
    expect(progress.begin(5n)).toBe(false);
    expect(progress.position()).toBe(5n);
    progress.finish(5n);
    expect(progress.position()).toBe(6n);
    expect(progress.isIdle).toBe(true);
  });

  it('takes what has ended and is read again for another reading', () => {
    const progress = new LowestUnfinished();
    progress.begin(5n);
    progress.finish(5n);
    expect(progress.begin(5n)).toBe(true);
    expect(progress.position()).toBe(5n);
  });
});

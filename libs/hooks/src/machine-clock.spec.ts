import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { machineClock } from './hook-run.js';

const dayMs = 86_400_000;

describe('the clock of a run', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('rings when the time is over, also where that is longer than a timer of Node can be', () => {
    const rings: string[] = [];
    machineClock.after(90 * dayMs, () => rings.push('quarter'));
    machineClock.after(250, () => rings.push('short'));
    vi.advanceTimersByTime(250);
    expect(rings).toEqual(['short']);
    vi.advanceTimersByTime(90 * dayMs - 251);
    expect(rings).toEqual(['short']);
    vi.advanceTimersByTime(1);
    expect(rings).toEqual(['short', 'quarter']);
  });

  it('is silent once it was cancelled, in whichever stretch', () => {
    const rings: string[] = [];
    const cancel = machineClock.after(90 * dayMs, () => rings.push('late'));
    vi.advanceTimersByTime(60 * dayMs);
    cancel();
    vi.advanceTimersByTime(60 * dayMs);
    expect(rings).toEqual([]);
  });
});

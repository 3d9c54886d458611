import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ringAfter, ringEvery } from './machine-clock.js';
import { settlesWithin } from './settles-within.js';
import { sleep } from './sleep.js';

const dayMs = 86_400_000;

describe('the clock of the machine', () => {
  let rings: string[];
  beforeEach(() => {
    rings = [];
    vi.useFakeTimers();
  });
  afterEach(() => void vi.useRealTimers());

  it('rings when the time is over, also where that is longer than a timer of Node can be', () => {
    ringAfter(90 * dayMs, () => rings.push('quarter'));
    ringAfter(250, () => rings.push('short'));
    vi.advanceTimersByTime(250);
    expect(rings).toEqual(['short']);
    vi.advanceTimersByTime(90 * dayMs - 251);
    expect(rings).toEqual(['short']);
    vi.advanceTimersByTime(1);
    expect(rings).toEqual(['short', 'quarter']);
  });

  it('is silent once it was cancelled, in whichever stretch', () => {
    const cancel = ringAfter(90 * dayMs, () => rings.push('late'));
    vi.advanceTimersByTime(60 * dayMs);
    cancel();
    vi.advanceTimersByTime(60 * dayMs);
    expect(rings).toEqual([]);
  });

  it('rings again and again, as far apart as it is told, until it is cancelled', () => {
    const cancels = [
      ringEvery(30 * dayMs, () => rings.push('month')),
      ringEvery(250, () => rings.push('short')),
    ];
    vi.advanceTimersByTime(750);
    expect(rings).toEqual(['short', 'short', 'short']);
    cancels[1]?.();
    vi.advanceTimersByTime(90 * dayMs);
    expect(rings.slice(3)).toEqual(['month', 'month', 'month']);
    cancels[0]?.();
    vi.advanceTimersByTime(90 * dayMs);
    expect(rings).toHaveLength(6);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never rings after a time without end', () => {
    ringAfter(Number.POSITIVE_INFINITY, () => rings.push('never'));
    ringEvery(Number.POSITIVE_INFINITY, () => rings.push('never'));
    vi.advanceTimersByTime(400 * dayMs);
    expect(rings).toEqual([]);
  });

  it('lets a nap and a wait last as long as they are told to', async () => {
    void sleep(40 * dayMs).then(() => rings.push('slept'));
    void settlesWithin(40 * dayMs, new Promise(() => undefined)).then(() => rings.push('too late'));
    await vi.advanceTimersByTimeAsync(40 * dayMs - 1);
    expect(rings).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(rings).toEqual(['slept', 'too late']);
  });
});

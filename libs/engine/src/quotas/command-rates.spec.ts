import { describe, expect, it } from 'vitest';
import type { EpochMs } from '#timer';
import { CommandRates, type Rate } from './command-rates.js';

const at = (ms: number): EpochMs => (1_000_000 + ms) as EpochMs;
const tenASecond: Rate = { perSecond: 10, burst: 3 };

function takes(rates: CommandRates, times: number, ms: number, namespace = 'n', rate = tenASecond): number[] {
  const spending = rates.begin();
  return Array.from({ length: times }, () => spending.take(namespace, rate, at(ms)));
}

describe('a rate', () => {
  it('lets a burst go, and tells each further one a moment of its own, as far apart as the rate', () => {
    expect(takes(new CommandRates(), 6, 0)).toEqual([0, 0, 0, 100, 200, 300]);
  });
  it('is taken up again as time passes, up to a burst', () => {
    const rates = new CommandRates();
    takes(rates, 3, 0);
    expect(takes(rates, 2, 100)).toEqual([0, 100]);
    expect(takes(rates, 4, 60_000)).toEqual([0, 0, 0, 100]);
  });
  it('of one namespace is nothing to another', () => {
    const rates = new CommandRates();
    takes(rates, 9, 0);
    expect(takes(rates, 1, 0, 'other')).toEqual([0]);
  });
  it('brings nothing when the clock is set back, and goes on when it is there again', () => {
    const rates = new CommandRates();
    takes(rates, 3, 0);
    expect(takes(rates, 1, -5_000)[0]).toBeGreaterThan(0);
    expect(takes(rates, 1, 100)).toEqual([0]);
  });
  it('goes on at once when a clock that had run far ahead is set back, and brings nothing for it', () => {
    const rates = new CommandRates();
    takes(rates, 200, 3_600_000);
    expect(takes(rates, 2, 0)).toEqual([100, 200]);
    expect(takes(rates, 1, 100)).toEqual([0]);
    expect(takes(rates, 4, 60_000)).toEqual([0, 0, 0, 100]);
  });
  it('brings no more where two databases whose clocks differ by a little take turns', () => {
    const rates = new CommandRates();
    const granted = Array.from({ length: 100 }, (_, n) => takes(rates, 1, n % 2 === 0 ? n : n + 20_000)[0]);
    expect(granted.filter((waitMs) => waitMs === 0)).toHaveLength(4);
  });
  it('is not spent by a transaction that failed', () => {
    const rates = new CommandRates();
    const failed = rates.begin();
    for (let n = 0; n < 3; n += 1) expect(failed.take('n', tenASecond, at(0))).toBe(0);
    failed.undo();
    failed.undo();
    expect(takes(rates, 4, 0)).toEqual([0, 0, 0, 100]);
  });
  it('is granted in shares where others read the rest, and one command always goes', () => {
    const rates = new CommandRates(() => 0.1);
    expect(takes(rates, 2, 0)).toEqual([0, 1_000]);
  });
  it('tells nobody to wait for more than half a minute', () => {
    const told = takes(new CommandRates(), 1_000, 0);
    expect(Math.max(...told)).toBe(30_000);
  });
});

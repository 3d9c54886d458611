import { describe, expect, it } from 'vitest';
import type { EpochMs } from '#timer';
import { ManualClock } from './manual-clock.js';

describe('a manual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = new ManualClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.read()).toBe(1_250);
  });

  it('rings in the order of the moments, each at its own', async () => {
    const clock = new ManualClock(0);
    const rung: [string, number][] = [];
    clock.after(30, () => rung.push(['late', clock.now()]));
    clock.after(10, () => rung.push(['early', clock.now()]));
    clock.after(10, () => rung.push(['second of two', clock.now()]));
    await clock.advance(30);
    expect(rung).toEqual([
      ['early', 10],
      ['second of two', 10],
      ['late', 30],
    ]);
  });

  it('lets a sleeper that sleeps again on the way ring as often as time allows', async () => {
    const clock = new ManualClock(0);
    const woken: number[] = [];
    const loop = (async () => {
      while (woken.length < 3) {
        await clock.sleep(10);
        woken.push(clock.now());
      }
    })();
    await clock.advance(100);
    await loop;
    expect(woken).toEqual([10, 20, 30]);
  });

  it('ends a sleep at once when the signal fires, and forgets it', async () => {
    const clock = new ManualClock(0);
    const stop = new AbortController();
    const sleep = clock.sleep(1_000, stop.signal);
    stop.abort();
    await sleep;
    await clock.sleep(1_000, stop.signal);
    expect(clock.waiting).toBe(0);
  });

  it('ends no sleep when it is only set', async () => {
    const clock = new ManualClock(0);
    let isAwake = false;
    void clock.sleep(50).then(() => {
      isAwake = true;
    });
    clock.set(1_000_000 as EpochMs);
    await clock.advance(49);
    expect(isAwake).toBe(false);
    clock.set(0 as EpochMs);
    await clock.advance(1);
    expect(isAwake).toBe(true);
    expect(clock.now()).toBe(1);
  });

  it('advances to a moment, and never back', async () => {
    const clock = new ManualClock(100);
    await clock.advanceTo(150 as EpochMs);
    await clock.advanceTo(120 as EpochMs);
    expect(clock.now()).toBe(150);
  });
});

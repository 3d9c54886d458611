import { describe, expect, it } from 'vitest';
import type { EpochMs } from '#timer';
import { DatabaseClock } from './database-clock.js';

/** A process whose clock is `aheadMs` before the database's; each answer takes its time there and back. */
function setUp(aheadMs: number) {
  const [database, process] = [{ now: 1_000_000 }, { aheadMs }];
  const clock = new DatabaseClock(() => database.now + process.aheadMs);
  const ask = (thereMs: number, backMs: number): void => {
    const askedAt = database.now + process.aheadMs;
    database.now += thereMs;
    const answer = Math.floor(database.now) as EpochMs;
    database.now += backMs;
    clock.observe(answer, askedAt);
  };
  return { clock, database, process, ask, errorMs: () => clock.now() - database.now };
}

describe("the database's clock", () => {
  it('is never believed to be ahead of what a plain answer says', () => {
    const { ask, errorMs } = setUp(700);
    ask(1, 1);
    expect(errorMs()).toBe(-1);
  });

  it('is not moved by an answer that was long on its way', () => {
    const { ask, errorMs } = setUp(-3_000);
    ask(1, 1);
    ask(2, 400);
    ask(300, 2);
    expect(errorMs()).toBe(-1);
  });

  it('is known better with each quicker answer', () => {
    const { ask, errorMs } = setUp(50);
    ask(20, 90);
    ask(5, 7);
    expect(errorMs()).toBe(-7);
    ask(1, 0);
    expect(errorMs()).toBe(0);
  });

  it('is followed at once when either clock was set', () => {
    const { ask, database, process, errorMs } = setUp(0);
    ask(1, 1);
    process.aheadMs += 60;
    ask(1, 1);
    // set ahead: late by the way there at most, and an attempt too early is told so
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(1);
    process.aheadMs -= 5_000;
    ask(1, 1);
    expect(errorMs()).toBe(-1);
    database.now -= 80;
    process.aheadMs += 80;
    ask(1, 1);
    expect(Math.abs(errorMs())).toBeLessThanOrEqual(1);
  });

  it('is believed when the clock of the process was set back while it asked', () => {
    const { clock } = setUp(0);
    clock.observe(1_000_000 as EpochMs, 1_002_000);
    expect(clock.skewMs).toBe(0);
  });
});

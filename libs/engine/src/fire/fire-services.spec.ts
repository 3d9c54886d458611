import { describe, expect, it } from 'vitest';
import { ManualClock } from '#testing';
import type { EpochMs, TimerId } from '#timer';
import { ByDatabase } from '../log/databases.js';
import { DatabaseClock } from './database-clock.js';
import { FireServices } from './fire-services.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Stands for the service of one database. */
class One {
  isAway = false;
  /** It takes connections and says nothing. */
  isFrozen = false;
  armed = 3;
  slots: readonly number[] = [];
  asked = 0;
  readonly followed: number[] = [];
  readonly clock: DatabaseClock;

  constructor(skewMs: number) {
    this.clock = new DatabaseClock(() => 0);
    this.clock.observe(skewMs as EpochMs, 0);
  }
  async own(slots: readonly number[]): Promise<void> {
    this.asked += 1;
    if (this.isAway) throw new Error('away');
    if (this.isFrozen) await new Promise(() => undefined);
    this.slots = slots;
  }
  unfollow(): void {}
  follow(_timerId: TimerId, slot: number): void {
    this.followed.push(slot);
  }
}

function setUp() {
  const clock = new ManualClock();
  const [even, odd] = [new One(20), new One(-40)];
  const services = new ByDatabase<One>([even, odd]);
  return { clock, even, odd, fire: new FireServices({ services, logger: silent, sleep: clock.sleep }) };
}

describe('the fire services of several databases', () => {
  it('have each its own slots and clocks, and one bound of memory', async () => {
    const { fire, even, odd } = setUp();
    await fire.own([0, 1, 2, 5]);
    expect([even.slots, odd.slots]).toEqual([
      [0, 2],
      [1, 5],
    ]);
    fire.follow('t' as TimerId, 5, 1, null);
    expect([even.followed, odd.followed]).toEqual([[], [5]]);
    expect([fire.armed, fire.slots, fire.skewMs]).toEqual([6, [0, 2, 1, 5], -40]);
  });

  it('own what they can while a database is away, and the rest when it answers', async () => {
    const { fire, even, odd, clock } = setUp();
    odd.isAway = true;
    await fire.own([0, 1]);
    expect([even.slots, odd.slots]).toEqual([[0], []]);
    await clock.advance(1_000);
    odd.isAway = false;
    await clock.advance(2_000);
    expect([even.asked, odd.slots]).toEqual([1, [1]]);
  });

  it('wait for no frozen database, and ask it no second time while it owes an answer', async () => {
    const { fire, even, odd, clock } = setUp();
    odd.isFrozen = true;
    await fire.own([0, 1]);
    expect([even.slots, odd.slots]).toEqual([[0], []]);
    await clock.advance(60_000);
    expect([even.asked, odd.asked]).toEqual([1, 1]);
    odd.isFrozen = false;
    await fire.own([0, 1]);
    await clock.advance(0);
    expect(odd.slots).toEqual([1]);
  });

  it('give up what was for a former share', async () => {
    const { fire, odd, clock } = setUp();
    odd.isAway = true;
    await fire.own([1]);
    fire.unfollow();
    const { asked } = odd;
    await clock.advance(10_000);
    expect(odd.asked).toBe(asked);
  });

  it('own nothing when none answers', async () => {
    const { fire, even, odd } = setUp();
    even.isAway = true;
    odd.isAway = true;
    await expect(fire.own([0, 1])).rejects.toThrow('away');
  });
});

import { describe, expect, it } from 'vitest';
import { simulate } from '#testing';

describe('a seed of the simulation', { timeout: 120_000 }, () => {
  it('gives the same run to the last step, as often as it is replayed', async () => {
    for (const seed of [1, 97, 8_142]) {
      const first = await simulate({ seed, keepsTrace: true });
      const again = await simulate({ seed, keepsTrace: true });
      expect(again.trace).toEqual(first.trace);
      expect(again.traceHash).toBe(first.traceHash);
      expect(first.events).toBeGreaterThan(0);
    }
  });

  it('gives another run than its neighbour', async () => {
    const [one, other] = [await simulate({ seed: 5 }), await simulate({ seed: 6 })];
    expect(one.traceHash).not.toBe(other.traceHash);
  });

  it('keeps every promise, in a few runs that every check makes', async () => {
    for (let seed = 2_001; seed <= 2_020; seed += 1)
      expect((await simulate({ seed })).violations, `seed ${seed}`).toEqual([]);
  });
});

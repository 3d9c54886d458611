import { describe, expect, it } from 'vitest';
import { rollingRestart } from '#testing';

describe('a rolling restart of three processes of each kind', { timeout: 120_000 }, () => {
  it('makes nothing later than half a second, and breaks no promise', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const { violations, latestMs, fires } = await rollingRestart(seed);
      expect(violations, `seed ${seed}`).toEqual([]);
      expect(fires).toBeGreaterThan(500);
      expect(latestMs, `seed ${seed}`).toBeLessThanOrEqual(500);
    }
  });
});

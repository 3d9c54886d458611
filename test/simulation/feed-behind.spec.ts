import { expect, it } from 'vitest';
import { feedBehind } from '#testing';

/** Overdue by a second, found by a round of a second, and the way there and back. */
const sweptWithinMs = 2_500;

it('makes nothing later than the sweep does, while the feed of the one fire process is far behind', async () => {
  for (let seed = 1; seed <= 3; seed += 1) {
    const { violations, latestMs, fires } = await feedBehind(seed);
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(fires).toBeGreaterThan(50);
    expect(latestMs, `seed ${seed}`).toBeLessThanOrEqual(sweptWithinMs);
  }
});

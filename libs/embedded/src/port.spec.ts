import { expect, it } from 'vitest';
import { freePort } from './port.js';

// of some 28,000, any two of a thousand would be the same almost surely
it('gives no port twice', async () => {
  const ports = new Set<number>();
  for (let n = 0; n < 1_000; n += 1) ports.add(await freePort());
  expect(ports.size).toBe(1_000);
});

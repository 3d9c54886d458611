import { randomFillSync } from 'node:crypto';

const poolBytes = 8_192;
const pool = Buffer.allocUnsafe(poolBytes);
let used = poolBytes;

/** Random bytes from a pool: asking the system for ten at a time would cost more than the ids they are for. */
export function randomBytesPooled(count: number): Uint8Array {
  if (used + count > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

import type { Random } from './random.js';
import type { Fuse } from './sim-process.js';

/** Dies at a call to come: before it is sent, or after it has done its work. */
export const deadly = (random: Random): Fuse => fuse(random, null);

/** Has decided and not told anybody yet, or the answer is there: then others go on for seconds without it. */
export const stalling = (random: Random): Fuse => fuse(random, random.int(500, 9_000));

const fuse = (random: Random, stallMs: number | null): Fuse => ({
  calls: random.int(1, 12),
  isAfter: random.chance(0.5),
  stallMs,
});

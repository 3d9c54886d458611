import { expect, it } from 'vitest';
import { ShareRead } from './share-read.js';

const widths = [8, 8];
const databases = widths.map((_, at) => ({
  topology: async () => ({ number: 1, partitions: widths[at] ?? 0, splits: [] }),
}));
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);

it('of the partitions adds up to one among all schedulers, before, while and after the log is expanded', async () => {
  let owned = [from(0, 4), from(4, 4)];
  const shares = [0, 1].map((at) => new ShareRead(8, databases, () => owned[at] ?? []));
  const told = (): number[] => shares.map(({ share }) => share);
  expect(told()).toEqual([0.5, 0.5]);
  // the topic is wider first, and the new partitions wait
  owned = [from(0, 6), from(6, 10)];
  expect(told()).toEqual([0.75, 0.25]);
  widths[0] = 16;
  for (const one of shares) await one.look();
  expect(told()).toEqual([0.75, 0.25]);
  widths[1] = 16;
  for (const one of shares) await one.look();
  expect(told()).toEqual([6 / 16, 10 / 16]);
});

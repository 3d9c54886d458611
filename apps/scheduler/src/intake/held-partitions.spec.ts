import { expect, it } from 'vitest';
import { ByDatabase } from '#engine';
import { HeldPartitions } from './held-partitions.js';

it('holds partitions until the database that has them is expanded', async () => {
  const partitions: [number, number] = [4, 4];
  let asked = 0;
  const topologyOf = (database: 0 | 1) => async () => {
    asked += 1;
    return { number: 1, partitions: partitions[database], splits: [] };
  };
  const held = new HeldPartitions(new ByDatabase([topologyOf(0), topologyOf(1)]));
  expect([await held.among([0, 1, 2, 3]), held.reason]).toEqual([new Set(), null]);
  const before = asked;
  expect([await held.mayBegin(), asked]).toEqual([false, before]);

  expect(await held.among([1, 4, 5, 6])).toEqual(new Set([4, 5, 6]));
  expect(held.reason).toContain('3 wait for `carillon partitions expand`');
  expect(await held.mayBegin()).toBe(false);
  partitions[0] = 8;
  expect(await held.mayBegin()).toBe(true);
  expect(await held.among([1, 4, 5, 6])).toEqual(new Set([5]));
  partitions[1] = 8;
  expect(await held.mayBegin()).toBe(true);
  expect([await held.among([1, 4, 5, 6]), held.reason]).toEqual([new Set(), null]);
});

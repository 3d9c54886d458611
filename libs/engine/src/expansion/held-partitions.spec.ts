import { expect, it } from 'vitest';
import { ByDatabase } from '../log/databases.js';
import type { LogTopology } from '../log/topology.js';
import { HeldPartitions } from './held-partitions.js';

it('holds partitions until the database that has them is expanded', async () => {
  const partitions: [number, number] = [4, 4];
  let asked = 0;
  const topologyOf = (database: 0 | 1) => async () => {
    asked += 1;
    return { number: 1, partitions: partitions[database], splits: [] };
  };
  const held = new HeldPartitions(new ByDatabase([topologyOf(0), topologyOf(1)]));
  expect(await held.among([0, 1, 2, 3])).toEqual(new Set());
  held.hold([]);
  const before = asked;
  expect([await held.mayBegin(), held.reason, asked]).toEqual([false, null, before]);

  expect(await held.among([1, 4, 5, 6])).toEqual(new Set([4, 5, 6]));
  held.hold([4, 5, 6]);
  expect(held.reason).toContain('3 wait for `carillon partitions expand`');
  expect(await held.mayBegin()).toBe(false);
  partitions[0] = 8;
  expect(await held.mayBegin()).toBe(true);
  expect(await held.among([1, 4, 5, 6])).toEqual(new Set([5]));
  held.hold([5]);
  partitions[1] = 8;
  expect(await held.mayBegin()).toBe(true);
  expect(await held.among([1, 4, 5, 6])).toEqual(new Set());
});

it('goes by the share that counts, also where the answer for a former one comes later', async () => {
  let partitions = 4;
  const answers: (() => void)[] = [];
  const topology = () =>
    new Promise<LogTopology>((resolve) => {
      answers.push(() => resolve({ number: 1, partitions, splits: [] }));
    });
  const held = new HeldPartitions(new ByDatabase([topology]));
  const [present, former] = [held.among([1, 5]), held.among([1])];
  answers[0]?.();
  held.hold([...(await present)]);
  answers[1]?.();
  expect(await former).toEqual(new Set());
  partitions = 8;
  const mayBegin = held.mayBegin();
  answers[2]?.();
  expect(await mayBegin).toBe(true);
});

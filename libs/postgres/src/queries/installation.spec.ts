import { expect, it } from 'vitest';
import { QueryUnavailableError } from '#engine';
import type { EpochMs } from '#timer';
import {
  type HookClassState,
  type Installation,
  MergedInstallation,
  type PartitionState,
} from './installation.js';

const stand = (
  hookClass: string,
  open: number,
  openSince: number | null,
  givenUp: number,
): HookClassState => ({
  hookClass,
  open,
  retrying: 0,
  unanswered: open,
  openSince: openSince as EpochMs | null,
  givenUp,
  firesPerSecond: open / 2,
});
const part = (partition: number, classes: readonly HookClassState[], isExact = true): Installation => ({
  partitions: async () => ({ partitions: [{ partition } as PartitionState], databasesAway: 0 }),
  hookClasses: async () => ({ classes, isExact, databasesAway: 0 }),
  recentFailures: async () => ({ retries: partition, givenUp: 1, isExact, databasesAway: 0 }),
});
const failing = (error: Error): Installation => ({
  partitions: () => Promise.reject(error),
  hookClasses: () => Promise.reject(error),
  recentFailures: () => Promise.reject(error),
});
const away = failing(new QueryUnavailableError('no answer', true));

it('several databases have the partitions of each, and every hook class once', async () => {
  const merged = new MergedInstallation([
    part(1, [stand('mail', 2, 700, 1)]),
    part(0, [stand('billing', 1, 5, 0), stand('mail', 1, 300, 0)], false),
    part(2, [stand('mail', 0, null, 4)]),
  ]);
  const { partitions } = await merged.partitions('c');
  expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
  expect(await merged.hookClasses()).toEqual({
    classes: [stand('billing', 1, 5, 0), stand('mail', 3, 300, 5)],
    isExact: false,
    databasesAway: 0,
  });
  expect(await merged.recentFailures()).toEqual({ retries: 3, givenUp: 3, isExact: false, databasesAway: 0 });
});

it('tells what the others have while one database is away, and that it is', async () => {
  const merged = new MergedInstallation([part(1, [stand('mail', 2, 700, 1)]), away]);
  expect(await merged.partitions('c')).toEqual({ partitions: [{ partition: 1 }], databasesAway: 1 });
  expect(await merged.hookClasses()).toMatchObject({ classes: [{ hookClass: 'mail' }], databasesAway: 1 });
  await expect(new MergedInstallation([away, away]).hookClasses()).rejects.toThrow('no answer');
});

it('hides no other fault', async () => {
  const broken = new MergedInstallation([part(1, []), away, failing(new TypeError('a mistake'))]);
  await expect(broken.partitions('c')).rejects.toThrow('a mistake');
});

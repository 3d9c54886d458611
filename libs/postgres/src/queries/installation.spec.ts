import { expect, it } from 'vitest';
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
  openSince: openSince as EpochMs | null,
  givenUp,
});
const part = (partition: number, classes: readonly HookClassState[], isExact = true): Installation => ({
  partitions: async () => [{ partition } as PartitionState],
  hookClasses: async () => ({ classes, isExact }),
});

it('several databases have the partitions of each, and every hook class once', async () => {
  const merged = new MergedInstallation([
    part(1, [stand('mail', 2, 700, 1)]),
    part(0, [stand('billing', 1, 5, 0), stand('mail', 1, 300, 0)], false),
    part(2, [stand('mail', 0, null, 4)]),
  ]);
  expect((await merged.partitions('c')).map(({ partition }) => partition)).toEqual([0, 1, 2]);
  expect(await merged.hookClasses()).toEqual({
    classes: [stand('billing', 1, 5, 0), stand('mail', 3, 300, 5)],
    isExact: false,
  });
});

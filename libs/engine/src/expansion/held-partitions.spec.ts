import { expect, it } from 'vitest';
import { ManualClock } from '#testing';
import { ByDatabase } from '../log/databases.js';
import type { LogTopology } from '../log/topology.js';
import { HeldPartitions, type PartitionSource, type PartitionStart } from './held-partitions.js';

class Database implements PartitionSource {
  partitions = 4;
  isAway = false;
  /** It takes connections and says nothing. */
  isFrozen = false;
  /** Waited for before each answer. */
  answersAfter: Promise<void> = Promise.resolve();
  asked = 0;

  async topology(): Promise<LogTopology> {
    this.asked += 1;
    await this.answersAfter;
    if (this.isFrozen) return new Promise(() => undefined);
    if (this.isAway) throw new Error('away');
    return { number: 1, partitions: this.partitions, splits: [] };
  }
  /** Of the first two partitions something was read. */
  storedOffsets(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    if (this.isAway) return Promise.reject(new Error('away'));
    return Promise.resolve(new Map(partitions.filter((one) => one < 2).map((one) => [one, 7n])));
  }
}
function setUp() {
  const [even, odd] = [new Database(), new Database()];
  const clock = new ManualClock();
  const held = new HeldPartitions(new ByDatabase([even, odd]), clock.sleep);
  /** As an assignment does. */
  const assign = async (partitions: readonly number[]): Promise<Record<number, PartitionStart>> => {
    const starts = await held.starts(partitions);
    held.hold(partitions.filter((partition) => starts.get(partition) === 'held'));
    return Object.fromEntries(starts);
  };
  return { clock, even, odd, held, assign };
}

it('begins where the databases say, and asks nobody again while none has to wait', async () => {
  const { even, held, assign } = setUp();
  expect(await assign([0, 1, 2])).toEqual({ 0: 7n, 1: 7n, 2: null });
  const before = even.asked;
  expect([held.reason, await held.mayBegin(), even.asked]).toEqual([null, false, before]);
});

it('holds partitions until the database that has them is expanded', async () => {
  const { even, odd, held, assign } = setUp();
  expect(await assign([1, 4, 5, 6])).toEqual({ 1: 7n, 4: 'held', 5: 'held', 6: 'held' });
  expect(held.reason).toContain('3 wait for `carillon partitions expand`');
  expect(await held.mayBegin()).toBe(false);
  even.partitions = 8;
  expect(await held.mayBegin()).toBe(true);
  expect(await assign([1, 4, 5, 6])).toEqual({ 1: 7n, 4: null, 5: 'held', 6: null });
  odd.partitions = 8;
  expect(await held.mayBegin()).toBe(true);
  await assign([1, 4, 5, 6]);
  expect(held.reason).toBeNull();
});

it('holds the partitions of a database that is away until it answers, and no others', async () => {
  const { odd, held, assign } = setUp();
  odd.isAway = true;
  expect(await assign([0, 1, 2, 3])).toEqual({ 0: 7n, 1: 'held', 2: null, 3: 'held' });
  expect(await held.mayBegin()).toBe(false);
  odd.isAway = false;
  expect(await held.mayBegin()).toBe(true);
  expect(await assign([0, 1, 2, 3])).toEqual({ 0: 7n, 1: 7n, 2: null, 3: null });
  expect(await held.mayBegin()).toBe(false);
});

it('waits for a frozen database no longer than a moment, where another answers', async () => {
  const { clock, odd, held, assign } = setUp();
  odd.isFrozen = true;
  const starts = assign([0, 1, 2, 3]);
  await clock.advance(1_000);
  expect(await starts).toEqual({ 0: 7n, 1: 'held', 2: null, 3: 'held' });
  odd.isFrozen = false;
  expect(await held.mayBegin()).toBe(true);
  expect(await assign([0, 1, 2, 3])).toEqual({ 0: 7n, 1: 7n, 2: null, 3: null });
  expect(clock.waiting).toBe(0);
});

it('begins nothing of a database that answers later than it is waited for', async () => {
  const { clock, odd, held, assign } = setUp();
  odd.answersAfter = clock.sleep(1_200);
  const starts = assign([0, 1]);
  await clock.advance(1_000);
  expect(await starts).toEqual({ 0: 7n, 1: 'held' });
  odd.answersAfter = clock.sleep(1_200);
  const mayBegin = held.mayBegin();
  await clock.advance(1_500);
  expect(await mayBegin).toBe(false);
  odd.answersAfter = Promise.resolve();
  expect(await held.mayBegin()).toBe(true);
  expect(clock.waiting).toBe(0);
});

it('does not ask a database that has none of the partitions', async () => {
  const { odd, assign } = setUp();
  odd.isAway = true;
  expect(await assign([0, 2])).toEqual({ 0: 7n, 2: null });
  expect(odd.asked).toBe(0);
});

it('throws where no database answers: a consumer asks again by itself', async () => {
  const { odd, held } = setUp();
  odd.isAway = true;
  await expect(held.starts([1, 3])).rejects.toThrow('away');
});

it('goes by the share that counts, also where the answer for a former one comes later', async () => {
  let partitions = 4;
  const answers: (() => void)[] = [];
  const topology = () =>
    new Promise<LogTopology>((resolve) => {
      answers.push(() => resolve({ number: 1, partitions, splits: [] }));
    });
  const sources = new ByDatabase([{ topology, storedOffsets: async () => new Map() }]);
  const held = new HeldPartitions(sources, new ManualClock().sleep);
  const [present, former] = [held.starts([1, 5]), held.starts([1])];
  answers[0]?.();
  expect(await present).toEqual(
    new Map<number, PartitionStart>([
      [1, null],
      [5, 'held'],
    ]),
  );
  held.hold([5]);
  answers[1]?.();
  expect(await former).toEqual(new Map([[1, null]]));
  partitions = 8;
  const mayBegin = held.mayBegin();
  answers[2]?.();
  expect(await mayBegin).toBe(true);
});

import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.js';

const unexpected = (error: unknown): never => {
  throw error;
};

describe('group commit', () => {
  it('takes what arrived during one flight together into the next', async () => {
    const flights: number[][] = [];
    const gates: (() => void)[] = [];
    const commits = new GroupCommit<number>(
      (batch) => {
        flights.push([...batch]);
        return new Promise((resolve) => gates.push(resolve));
      },
      (waiting) => waiting.length,
      unexpected,
    );
    commits.submit([1]);
    commits.submit([2, 3]);
    commits.submit([4]);
    expect(flights).toEqual([[1]]);
    gates.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(flights).toEqual([[1], [2, 3, 4]]);
    gates.shift()?.();
    await commits.drained();
    expect(commits.waiting).toBe(0);
  });

  it('waits for what is submitted in the same moment, and is not drained meanwhile', async () => {
    const flights: number[][] = [];
    const commits = new GroupCommit<number>(
      async (batch) => {
        flights.push([...batch]);
      },
      (waiting) => waiting.length,
      unexpected,
      {
        lanes: 2,
        laneOf: (item) => item % 2,
        crowdedAbove: 10,
        gather: () => new Promise((resolve) => setImmediate(resolve)),
      },
    );
    commits.submit([2]);
    await Promise.resolve();
    commits.submit([1, 3]);
    commits.submit([4]);
    expect([flights, commits.waiting]).toEqual([[], 4]);
    await commits.drained();
    expect(flights).toEqual([[2, 4, 1, 3]]);
    commits.submit([5]);
    commits.withdraw((item) => item === 5);
    await commits.drained();
    expect([flights.length, commits.waiting]).toEqual([1, 0]);
  });

  it('keeps to its bound, and takes at least one', async () => {
    const flights: number[][] = [];
    const commits = new GroupCommit<number>(
      async (batch) => {
        flights.push([...batch]);
      },
      (waiting) => (waiting[0] === 9 ? 0 : 2),
      unexpected,
    );
    commits.submit([1, 2, 3, 9]);
    await commits.drained();
    expect(flights).toEqual([
      [1, 2],
      [3, 9],
    ]);
  });

  it('forgets what is withdrawn while it waits', async () => {
    const flights: number[][] = [];
    let open: () => void = () => undefined;
    const commits = new GroupCommit<number>(
      (batch) => {
        flights.push([...batch]);
        return new Promise((resolve) => {
          open = resolve;
        });
      },
      (waiting) => waiting.length,
      unexpected,
    );
    commits.submit([1]);
    commits.submit([2, 3]);
    commits.withdraw((item) => item === 2);
    open();
    await Promise.resolve();
    await Promise.resolve();
    open();
    await commits.drained();
    expect(flights).toEqual([[1], [3]]);
  });

  it('tells a flight that failed, and can fly again', async () => {
    const told: unknown[] = [];
    let fails = true;
    const commits = new GroupCommit<number>(
      async () => {
        if (fails) throw new Error('crash');
      },
      (waiting) => waiting.length,
      (error) => told.push(error),
    );
    commits.submit([1]);
    await commits.drained();
    expect(told).toHaveLength(1);
    fails = false;
    commits.submit([2]);
    await commits.drained();
    expect(commits.waiting).toBe(0);
  });

  describe('with lanes', () => {
    const twoLanes = () => {
      const flights: { batch: number[]; land: () => void }[] = [];
      const commits = new GroupCommit<number>(
        (batch) => new Promise((land) => flights.push({ batch: [...batch], land: () => land() })),
        (waiting) => Math.min(waiting.length, 4),
        unexpected,
        { lanes: 2, laneOf: (item) => item % 2, crowdedAbove: 4 },
      );
      const batches = () => flights.map(({ batch }) => batch);
      return { flights, commits, batches };
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));

    it('flies one batch of everything while little waits', async () => {
      const { flights, commits, batches } = twoLanes();
      commits.submit([2]);
      commits.submit([4, 1, 3]);
      expect(batches()).toEqual([[2]]);
      flights[0]?.land();
      await turn();
      expect(batches()).toEqual([[2], [4, 1, 3]]);
    });

    it('flies side by side when much waits, and never two of one lane', async () => {
      const { flights, commits, batches } = twoLanes();
      commits.submit([2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17]);
      expect(batches()).toEqual([
        [1, 3, 5, 7],
        [2, 4, 6, 8],
      ]);
      flights[0]?.land();
      await turn();
      // the even lane is still in the air: only odd ones may go
      expect(batches()[2]).toEqual([9, 11, 13, 15]);
      expect(flights).toHaveLength(3);
    });

    it('keeps the order within a lane, whatever lands first', async () => {
      const { flights, commits, batches } = twoLanes();
      const items = Array.from({ length: 40 }, (_, i) => i);
      commits.submit(items);
      for (let landed = 0; landed < flights.length; landed += 1) {
        // the youngest flight lands first
        for (const { land } of flights.slice(landed).reverse()) land();
        await turn();
      }
      await commits.drained();
      const flown = batches().flat();
      for (const lane of [0, 1])
        expect(flown.filter((item) => item % 2 === lane)).toEqual(items.filter((item) => item % 2 === lane));
    });
  });
});

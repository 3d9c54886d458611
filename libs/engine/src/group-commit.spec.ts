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
    expect(commits.isIdle).toBe(true);
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
    expect(commits.isIdle).toBe(true);
  });
});

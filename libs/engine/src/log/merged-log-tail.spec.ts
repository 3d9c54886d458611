import { describe, expect, it } from 'vitest';
import type { TimerId } from '#timer';
import { ByDatabase } from './databases.js';
import type { LogTail, StoredEvent } from './log-feed.js';
import { MergedLogTail } from './merged-log-tail.js';
import { expanded, type LogTopology } from './topology.js';

/** A log whose every partition has so many events. */
class Tail implements LogTail {
  readonly asked: (readonly number[])[] = [];
  constructor(
    private readonly events: bigint,
    private readonly spread: LogTopology = { number: 1, partitions: 4, splits: [] },
  ) {}
  async topology() {
    return this.spread;
  }
  async heads(partitions: readonly number[]) {
    return new Map(partitions.map((partition) => [partition, this.events]));
  }
  async readAfter(positions: ReadonlyMap<number, bigint>, max: number) {
    this.asked.push([...positions.keys()]);
    const share = Math.ceil(max / positions.size);
    const events: StoredEvent[] = [];
    for (let n = 1n; n <= BigInt(share); n += 1n)
      for (const [partition, at] of positions)
        if (at + n <= this.events) events.push(event(partition, at + n));
    return events.slice(0, max);
  }
}

const event = (partition: number, position: bigint): StoredEvent => ({
  partition,
  position,
  timerId: 't' as TimerId,
  version: 1,
  type: 'TimerCreated',
  recordKey: 'n/k',
  nextFireAt: null,
  commandId: null,
  data: '{}',
  recordedAt: 0 as StoredEvent['recordedAt'],
  traceparent: null,
});

const fromZero = (partitions: readonly number[]) => new Map(partitions.map((partition) => [partition, 0n]));

describe('the logs of several databases, read as one', () => {
  it('have the heads of all partitions', async () => {
    const tail = new MergedLogTail(new ByDatabase([new Tail(7n), new Tail(3n)]));
    expect(await tail.heads([0, 1, 2, 3])).toEqual(
      new Map([
        [0, 7n],
        [2, 7n],
        [1, 3n],
        [3, 3n],
      ]),
    );
  });

  it('are spread as far as all of them have been expanded', async () => {
    const four: LogTopology = { number: 1, partitions: 4, splits: [] };
    const headsOf = (first: number) =>
      new Map([
        [first, 5n],
        [first + 2, 6n],
      ]);
    const [even, odd] = [expanded(four, 8, headsOf(0)), expanded(four, 8, headsOf(1))];
    const half = new MergedLogTail(new ByDatabase([new Tail(1n, even), new Tail(1n, four)]));
    expect(await half.topology()).toEqual(four);
    const whole = new MergedLogTail(new ByDatabase([new Tail(1n, even), new Tail(1n, odd)]));
    expect(await whole.topology()).toEqual(expanded(four, 8, new Map([...headsOf(0), ...headsOf(1)])));
  });

  it('are each asked for their own partitions, and none if they have none', async () => {
    const [even, odd] = [new Tail(1n), new Tail(1n)];
    const tail = new MergedLogTail(new ByDatabase([even, odd]));
    await tail.readAfter(fromZero([0, 2, 3]), 10);
    await tail.readAfter(fromZero([2]), 10);
    expect(even.asked).toEqual([[0, 2], [2]]);
    expect(odd.asked).toEqual([[3]]);
  });

  it('are read to their ends though one is never empty, in order in each partition and within the bound', async () => {
    const tail = new MergedLogTail(new ByDatabase([new Tail(1_000n), new Tail(9n)]));
    const at = fromZero([0, 1, 2, 3]);
    for (let reads = 0; reads < 3; reads += 1) {
      const events = await tail.readAfter(at, 12);
      expect(events.length).toBeLessThanOrEqual(12);
      for (const { partition, position } of events) {
        expect(position).toBe((at.get(partition) ?? 0n) + 1n);
        at.set(partition, position);
      }
    }
    expect(at.get(1)).toBe(9n);
    expect(at.get(3)).toBe(9n);
  });

  it('give the very next event of each partition when as many are asked for', async () => {
    const tail = new MergedLogTail(new ByDatabase([new Tail(5n), new Tail(5n)]));
    const events = await tail.readAfter(fromZero([0, 1, 3]), 3);
    expect(events.map(({ partition }) => partition).sort()).toEqual([0, 1, 3]);
  });
});

import { describe, expect, it } from 'vitest';
import type { LogTail, StoredEvent } from '#engine';
import type { EpochMs, TimerId } from '#timer';
import { catchUp, isKept } from './catch-up.js';
import { Gate } from './gate.js';
import type { Position } from './position.js';
import type { WatchStream } from './stream.js';

const event = (partition: number, position: bigint): StoredEvent => ({
  partition,
  position,
  timerId: `t${partition}` as TimerId,
  version: Number(position),
  type: 'TimerUpdated',
  recordKey: 'n/k',
  nextFireAt: null,
  commandId: null,
  data: '{}',
  recordedAt: 0 as EpochMs,
  traceparent: null,
});

/** As the log answers: the first of each partition, then the second of each, and so on, and only so many where they are large. */
function tailOf(log: readonly StoredEvent[], answeredMax = Number.POSITIVE_INFINITY): LogTail {
  const partitions = new Set(log.map(({ partition }) => partition)).size;
  const headOf = (partition: number) => log.findLast((one) => one.partition === partition)?.position ?? 0n;
  return {
    topology: async () => ({ number: 1, partitions, splits: [] }),
    heads: async (of) => new Map(of.map((partition) => [partition, headOf(partition)])),
    readAfter: async (positions, max) => {
      const share = Math.max(1, Math.ceil(max / positions.size));
      const found = [...positions].flatMap(([partition, at]) =>
        log.filter((one) => one.partition === partition && one.position > at).slice(0, share),
      );
      const turnOf = (one: StoredEvent) => one.position - (positions.get(one.partition) ?? 0n);
      return found.toSorted((a, b) => Number(turnOf(a) - turnOf(b))).slice(0, Math.min(max, answeredMax));
    },
  };
}
const logOf = (partitions: number, events: (partition: number) => number) =>
  Array.from({ length: partitions }, (_, partition) =>
    Array.from({ length: events(partition) }, (__, index) => event(partition, BigInt(index + 1))),
  ).flat();
const everywhere = (partitions: number, at: bigint): Position =>
  new Map(Array.from({ length: partitions }, (_, partition) => [partition, at]));

async function toldBetween(tail: LogTail, from: Position, goal: Position): Promise<number> {
  let told = 0;
  const stream = {
    isOpen: true,
    drained: async () => undefined,
    send: (chunk: Buffer) => {
      told += chunk.toString().split('event: update').length - 1;
    },
  } as unknown as WatchStream;
  const topology = await tail.topology();
  await catchUp(stream, { condition: {}, withTimer: false }, from, {
    past: () => tail,
    queries: { stateAtVersion: async () => ({ kind: 'absent' }) },
    gate: new Gate(1),
    topology: () => topology,
    join: async (_stream, _wish, at) => at.hasReached(goal) || goal,
  });
  return told;
}

describe('whether the log still has what comes next', () => {
  it('is asked of every partition, also where a read ends before it has come to all', async () => {
    const log = logOf(32, () => 3);
    expect(await isKept(tailOf(log, 5), everywhere(32, 1n))).toBe(true);
    const without = log.filter(({ partition, position }) => partition !== 30 || position !== 2n);
    expect(await isKept(tailOf(without, 5), everywhere(32, 1n))).toBe(false);
    const dropped = log.filter(({ partition }) => partition !== 30);
    const tail = { ...tailOf(dropped, 5), heads: async () => everywhere(32, 3n) };
    expect(await isKept(tail, everywhere(32, 1n))).toBe(false);
  });
});

describe('a reader who comes back', () => {
  it('is told of every partition, though many go on beyond where the live ones are', async () => {
    const log = logOf(256, (partition) => (partition < 220 ? 50 : 1));
    expect(await toldBetween(tailOf(log), everywhere(256, 0n), everywhere(256, 1n))).toBe(256);
  });
  it('is told of every partition, where a read ends before it has come to all', async () => {
    const log = logOf(32, (partition) => (partition < 16 ? 50 : 1));
    expect(await toldBetween(tailOf(log, 10), everywhere(32, 0n), everywhere(32, 1n))).toBe(32);
  });
  it('hears where something is gone', async () => {
    const log = logOf(2, () => 9).filter(({ position }) => position === 1n || position > 5n);
    const reading = toldBetween(tailOf(log), everywhere(2, 0n), everywhere(2, 4n));
    await expect(reading).rejects.toMatchObject({ code: 'watch/log-gap' });
  });
});

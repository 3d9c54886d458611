import { describe, expect, it } from 'vitest';
import { mintTimerId, type TimerEvent } from '#timer';
import { StreamCheck } from './stream-check.js';
import type { PlacedEvent } from './streams.js';

const timerId = mintTimerId(0, 1, new Uint8Array(10));
const event = (type: TimerEvent['type']) => ({ type, at: 0, nextFireAt: null }) as unknown as TimerEvent;
const placed = (
  version: number,
  position = version,
  type: TimerEvent['type'] = 'TimerFaulted',
): PlacedEvent => ({
  version,
  commandId: null,
  event: event(type),
  partition: 0,
  position: BigInt(position),
});

function told(...events: readonly PlacedEvent[]): string[] {
  const check = new StreamCheck(timerId, null, []);
  for (const one of events) check.add(one);
  expect(check.events).toBe(events.length);
  return check.findings().map(({ what, detail }) => `${what}: ${detail}`);
}

describe("a timer's events, one by one", () => {
  it('are told to have a gap or a double by the first of them, and nothing more', () => {
    expect(told(placed(3), placed(5), placed(5))).toEqual(['version-gap: version 5 where 4 was due']);
    expect(told(placed(3), placed(3), placed(4))).toEqual(['version-twice: version 3 where 4 was due']);
  });
  it('are told to be out of order, and to be cut off', () =>
    expect(told(placed(3, 9), placed(4, 8))).toEqual([
      'out-of-order: version 4 lies at 0/8, the one before at 0/9',
      expect.stringContaining('log-cut-off: its events begin at version 3'),
    ]));
  it('say all where they end with the end of the timer', () =>
    expect(told(placed(3), placed(4, 4, 'TimerDeleted'))).toEqual([]));
  it('are missed where there are none', () =>
    expect(told()).toEqual([expect.stringContaining('state-without-log')]));
});

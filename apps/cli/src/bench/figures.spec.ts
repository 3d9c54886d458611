import { expect, it } from 'vitest';
import { Cycles, quantilesOf } from './figures.js';

const moment = (ms: number): string => new Date(Date.UTC(2027, 0, 1) + ms).toISOString();
const told = (
  type: string,
  recordedMs: number,
  data: Readonly<Record<string, unknown>> = {},
  timerId = 't',
) => ({
  timerId,
  type,
  recordedAt: moment(recordedMs),
  data,
});

it('a cycle is late from its tick to its event, and takes from there to its close; repeats count once', () => {
  const cycles = new Cycles();
  const fired = { scheduledFor: moment(0), startedAt: moment(7) };
  cycles.tell(told('TimerCreated', 0));
  for (let n = 0; n < 2; n += 1) cycles.tell(told('EventTriggered', 8, fired));
  for (let n = 0; n < 2; n += 1) cycles.tell(told('EventClosed', 30));
  cycles.tell(told('EventClosed', 30, {}, 'unknown'));
  expect([cycles.latenessMs, cycles.closeMs, cycles.closed]).toEqual([[7], [23], 1]);
});
it('quantiles are values that were measured', () => {
  const values = Array.from({ length: 200 }, (_, n) => n + 1).reverse();
  expect(quantilesOf(values)).toEqual({ p50: 100, p99: 198, max: 200 });
  expect(quantilesOf([5])).toEqual({ p50: 5, p99: 5, max: 5 });
  expect(quantilesOf([])).toBeNull();
});

import { describe, expect, it } from 'vitest';
import { columnsKept, Meter } from './meter.ts';

const begin = Date.parse('2027-03-01T09:00:00.000Z');
const at = (ms: number): string => new Date(begin + ms).toISOString();
const fire = (ms: number, lateMs: number) => ({
  type: 'EventTriggered',
  recordedAt: at(ms),
  data: { scheduledFor: at(ms - lateMs), startedAt: at(ms) },
});

describe('what the Now page counts', () => {
  it('is fires a second since the page was opened, if that is less than half a minute', () => {
    const meter = new Meter(begin);
    for (let n = 0; n < 20; n += 1) meter.tell(fire(n * 500, 3), begin + 10_000);
    expect(meter.firesPerSecond(begin + 10_000)).toBe(2);
  });
  it('puts each fire into its class of lateness', () => {
    const meter = new Meter(begin);
    for (const late of [5, 80, 90, 20_000]) meter.tell(fire(1_000, late), begin + 1_000);
    expect(meter.columns(begin + 1_000).at(-1)?.lateness).toEqual([1, 0, 2, 0, 0, 0, 1]);
    expect([meter.latenessWithin(0.5), meter.latenessWithin(0.99)]).toEqual([90, 20_000]);
  });
  it('leaves a fire that somebody asked for out of the lateness', () => {
    const meter = new Meter(begin);
    const asked = fire(1_000, 9_000);
    meter.tell({ ...asked, data: { ...asked.data, manualRequestId: 'now' } }, begin + 1_000);
    expect([meter.latenessWithin(0.5), meter.columns(begin + 1_000).at(-1)?.fires]).toEqual([null, 1]);
  });
  it('counts an attempt that nobody answered as a retry, and the delivery after a failure not again', () => {
    const meter = new Meter(begin);
    const redelivered = { type: 'EventRedelivered', recordedAt: at(0) };
    for (const reason of ['ack-timeout', 'unheard', 'retry', 'unclaimed'])
      meter.tell({ ...redelivered, data: { reason } }, begin);
    expect(meter.total('retries', begin)).toBe(2);
  });
  it('is fires a second since it went on, where some was missed before', () => {
    const meter = new Meter(begin);
    meter.goOnFrom(begin + 20_000);
    for (let n = 0; n < 20; n += 1) meter.tell(fire(20_000 + n * 200, 3), begin + 25_000);
    expect(meter.firesPerSecond(begin + 25_000)).toBe(4);
  });
  it('forgets what is older than five minutes', () => {
    const meter = new Meter(begin);
    meter.tell({ type: 'EventRetryScheduled', recordedAt: at(0), data: {} }, begin);
    expect(meter.total('retries', begin)).toBe(1);
    expect(meter.total('retries', begin + 301_000)).toBe(0);
    expect(meter.columns(begin + 301_000)).toHaveLength(columnsKept);
  });
});

import { describe, expect, it } from 'vitest';
import { createSchedEventPolicy, type EpochMs } from '#timer';
import { scheduleOf, waitForInterval, waitForRoundedInterval, waitMs } from './wait.js';

describe('wait policies', () => {
  it.each(['0s', '-5m', 'soon', ''])('an interval of %s is refused by both', (interval) => {
    expect(() => waitForInterval(interval)).toThrow('must specify non-zero ready interval');
    expect(() => waitForRoundedInterval(interval)).toThrow('must specify non-zero ready interval');
  });
  it('are carried by the schedules of timers', () => {
    expect(scheduleOf(waitForInterval('5m'))).toEqual({
      schedPolicyType: 'AFTER_FINISH',
      schedPolicyExpr: '5m',
    });
    expect(scheduleOf(waitForRoundedInterval('1h'))).toEqual({
      schedPolicyType: 'ROUNDED',
      schedPolicyExpr: '1h',
    });
    expect(scheduleOf(() => 0)).toEqual({ schedPolicyType: 'ON_CLOSE', schedPolicyExpr: '' });
  });
  it('rounded times lie on the grid of UTC from the last end on, without a least gap, whatever divides a day', () => {
    const at = (time: string): EpochMs => Date.parse(`2026-11-25T${time}Z`) as EpochMs;
    const next = (interval: string, finished: string): string => {
      const { schedPolicyType, schedPolicyExpr } = scheduleOf(waitForRoundedInterval(interval));
      const reading = createSchedEventPolicy(schedPolicyType, schedPolicyExpr, '', {
        gap: 'skip',
        overlap: 'both',
      });
      if (!reading.ok) throw new Error(reading.message);
      const [closedAt, watermark] = [at(finished), at(finished)];
      const progress = { createTime: at('00:00:00'), startAt: null, watermark, lastTick: null, closedAt };
      return new Date(reading.policy.nextTick(progress) ?? 0).toISOString().slice(11, 19);
    };
    expect(next('5m', '12:00:00')).toBe('12:05:00');
    expect(next('5m', '12:00:30')).toBe('12:05:00');
    expect(next('5m', '11:59:00')).toBe('12:00:00');
    expect(next('5m', '12:04:59')).toBe('12:05:00');
    expect(next('24h', '12:04:59')).toBe('00:00:00');
    expect(next('7m', '12:00:00')).not.toBe('12:07:00');
  });
  it('a policy of one’s own may say now by zero or less, and nothing that is no number', () => {
    const now = new Date(0);
    const ask = (answer: number) => waitMs(() => answer, now, { lastFinished: null });
    expect([ask(0), ask(-7), ask(0.2)]).toEqual([0, 0, 1]);
    expect(() => ask(Number.NaN)).toThrow(RangeError);
    expect(() => ask(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });
});

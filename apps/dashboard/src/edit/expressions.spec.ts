import { describe, expect, it } from 'vitest';
import { schedPolicyTypes } from '#timer';
import { expressionAdvice, expressionHint } from './expressions.ts';

describe('the hint beside an expression', () => {
  it('is there for every type of schedule, and no two are the same', () => {
    const hints = schedPolicyTypes.map(expressionHint);
    expect(hints).not.toContain('');
    expect(new Set(hints).size).toBe(schedPolicyTypes.length);
  });
  it.each([
    ['CRON', '15m', 'for every 15m choose interval'],
    ['CRON', '1h30m', 'for every 1h30m choose interval'],
    ['CRON', '0 9 * * *', null],
    ['CRON', '@daily', null],
    ['INTERVAL', '0 9 * * MON-FRI', 'for times of the clock choose cron'],
    ['INTERVAL', '15m', null],
    ['ONCE', '2027-03-01T09:00:00Z', null],
  ])('under %s for %s advises %s', (type, expr, advice) => {
    expect(expressionAdvice(type, expr)).toBe(advice);
  });
});

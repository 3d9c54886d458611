import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron, wallTicksOf } from './cron.js';

// The wall-clock times against another implementation, as if there were no zones: cron-parser, in UTC.

const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
const range = (min: number, max: number) =>
  fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map((pair) => pair.sort((a, b) => a - b).join('-'));
const step = (min: number, max: number) =>
  fc
    .tuple(fc.oneof(fc.constant('*'), range(min, max)), fc.integer({ min: 2, max: 9 }))
    .map((parts) => parts.join('/'));
const field = (min: number, max: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: number(min, max) },
    fc
      .array(fc.oneof(number(min, max), range(min, max)), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join()),
    step(min, max),
  );
const expression = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '));
const from = fc.integer({ min: Date.parse('1999-01-01T00:00:00Z'), max: Date.parse('2101-01-01T00:00:00Z') });

const next = (expr: string, after: number, count: number): number[] => {
  const reading = parseCron(expr);
  const wall = reading.ok ? wallTicksOf(reading.cron) : null;
  const result: number[] = [];
  for (let last: number | null = after; last !== null && result.length < count; ) {
    last = wall?.after(last) ?? null;
    if (last !== null) result.push(last);
  }
  return result;
};

/** Null: the other one refuses the same value twice in a field, which is harmless. */
function otherNext(expr: string, after: number, count: number): number[] | null {
  try {
    const other = CronExpressionParser.parse(expr, { tz: 'UTC', currentDate: new Date(after) });
    return Array.from({ length: count }, () => other.next().getTime());
  } catch (error) {
    if (error instanceof Error && error.message.includes('duplicate values')) return null;
    throw error;
  }
}

describe('wall-clock times of a field list', () => {
  it('are those that another implementation finds, for any fields and any beginning', () => {
    fc.assert(
      fc.property(expression, from, (expr, after) => {
        const expected = otherNext(expr, after, 5);
        fc.pre(expected !== null);
        expect(next(expr, after, 5)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
  it('come on the last days of months and in leap years', () => {
    const days = (expr: string, after: string, count: number) =>
      next(expr, Date.parse(after), count).map((tick) => new Date(tick).toISOString().slice(0, 10));
    expect(days('0 0 31 * *', '2027-01-31T00:00:00Z', 3)).toEqual(['2027-03-31', '2027-05-31', '2027-07-31']);
    expect(days('0 0 29 2 *', '2021-12-01T00:00:00Z', 2)).toEqual(['2024-02-29', '2028-02-29']);
    expect(days('0 0 29 2 *', '2096-03-01T00:00:00Z', 1)).toEqual([]);
    expect(days('0 0 30 2 *', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });
  it('stop at the bound they are given', () => {
    const reading = parseCron('0 9 * * *');
    const wall = reading.ok ? wallTicksOf(reading.cron) : null;
    const nine = Date.parse('2026-11-25T09:00:00Z');
    expect(wall?.after(nine - 1, nine)).toBeNull();
    expect(wall?.after(nine - 1, nine + 1)).toBe(nine);
  });
});

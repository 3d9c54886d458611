import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors/exit-codes.js';
import { consequence, wantedOffset } from './wanted-offset.js';

const range = { partition: 1, low: 500n, high: 1_000n };
const ranges = [{ partition: 0, low: 0n, high: 0n }, range];
const wanted = (partition: string, offset: string) => wantedOffset('t', partition, offset, ranges);

describe('an offset to read from', () => {
  it('is one that the topic has, the next to come included', () => {
    for (const offset of [500n, 700n, 1_000n])
      expect(wanted('1', String(offset))).toEqual({ partition: 1, offset, range });
  });
  it.each([
    ['x', '600', 'x is not a partition: a whole number is meant'],
    ['1.5', '600', '1.5 is not a partition'],
    ['-1', '600', '-1 is not a partition'],
    ['', '600', 'is not a partition'],
    ['99', '600', 't has no partition 99: it has 0 to 1'],
    ['1', 'abc', 'abc is not an offset'],
    ['1', '499', 't/1 has no offset 499: from 500'],
    ['1', '1000000', 'to 1000 (the next one to come)'],
  ])('is not %s/%s', (partition, offset, why) => {
    expect(() => wanted(partition, offset)).toThrow(UsageError);
    expect(() => wanted(partition, offset)).toThrow(why);
  });
  it('says what is passed over or read again', () => {
    expect(consequence(500n, wanted('1', '900'))).toBe(
      'it was 500: 400 records from there to 899 will never be read',
    );
    expect(consequence(900n, wanted('1', '899'))).toBe('it was 900: 1 record up to 899 will be read again');
    expect(consequence(9_999n, wanted('1', '500'))).toBe('it was 9999, where the topic has 500 to 1000');
    expect(consequence(null, wanted('1', '500'))).toBe('there was none; 500 records wait from there on');
    expect(consequence(500n, wanted('1', '500'))).toBe('as it was');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochMs, TimerId } from '#timer';
import { type PagePosition, readCursor, writeCursor } from './cursor.js';
import { naturalOrder } from './natural-order.js';
import { InvalidCursorError } from './timer-queries.js';

const id = '0193a1f0-0000-7000-8000-000000000001' as TimerId;
const positions: readonly PagePosition[] = [
  { order: 'id', id },
  { order: 'key', key: '𝄞 "k"', namespace: 'n' },
  { order: 'nextFireTime', nextFireAt: 1_000 as EpochMs, id },
  { order: 'nextFireTime', nextFireAt: null, id },
];
const of = (position: unknown) => writeCursor({}, position as PagePosition);

describe('a cursor', () => {
  it.each(positions)('comes back as it was given: %o', (position) => {
    const condition = { namespace: 'n', or: [{ key: 'k' }] };
    expect(readCursor(writeCursor(condition, position), condition, position.order)).toEqual(position);
  });

  it('is good for the same condition, however its parts are ordered', () => {
    const text = writeCursor({ namespace: 'n', key: 'k' }, { order: 'id', id });
    expect(readCursor(text, { key: 'k', namespace: 'n' }, 'id')).toEqual({ order: 'id', id });
  });

  it('is refused by another condition and by another order', () => {
    const text = writeCursor({ namespace: 'n' }, { order: 'id', id });
    expect(() => readCursor(text, { namespace: 'm' }, 'id')).toThrow(InvalidCursorError);
    expect(() => readCursor(text, { namespace: 'n' }, 'key')).toThrow(InvalidCursorError);
  });

  it.each([
    ['an id that is none', { order: 'id', id: `x' or true` }],
    ['a key that no text can be', { order: 'key', key: '\ud800', namespace: 'n' }],
    ['a key with U+0000', { order: 'key', key: 'a', namespace: 'a\0' }],
    ['a moment that is none', { order: 'nextFireTime', nextFireAt: 1e300, id }],
    ['an order that is none', { order: 'colour', id }],
    ['nothing', null],
  ])('is refused with %s', (_, position) => {
    for (const order of ['id', 'key', 'nextFireTime'] as const)
      expect(() => readCursor(of(position), {}, order)).toThrow(InvalidCursorError);
  });

  it('is refused, whatever else the text is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => readCursor(text, {}, 'id')).toThrow(InvalidCursorError);
      }),
    );
  });
});

describe('the natural order', () => {
  it('is that of the index which serves the condition', () => {
    expect(naturalOrder({})).toBe('id');
    expect(naturalOrder({ tags: ['eu'] })).toBe('id');
    expect(naturalOrder({ namespace: 'n' })).toBe('key');
    expect(naturalOrder({ keyPrefix: 'a' })).toBe('key');
    expect(naturalOrder({ namespace: 'n', dueBefore: 0 as EpochMs })).toBe('nextFireTime');
  });
});

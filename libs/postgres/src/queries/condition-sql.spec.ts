import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochMs, TimerCondition, TimerId } from '#timer';
import { conditionSql, orderingPart } from './condition-sql.js';
import { Parameters } from './parameters.js';
import { prefixEnd } from './text.js';

const sqlOf = (condition: TimerCondition) => {
  const parameters = new Parameters();
  return { ...conditionSql(condition, parameters), values: parameters.values };
};

describe('a condition as SQL', () => {
  it('has every value as a parameter', () => {
    const evil = `'; drop table timer_spec; --`;
    const { text, values } = sqlOf({
      namespace: evil,
      key: evil,
      keyPrefix: evil,
      tags: [evil],
      hookClass: evil,
      or: [{ not: { key: evil } }],
    });
    expect(text).not.toContain('drop');
    expect(values.flat().filter((value) => value === evil)).toHaveLength(6);
  });

  it('is of a form that no value changes', () => {
    const shape = (text: string) => sqlOf({ key: text, tags: [text], not: { hookClass: text } }).text;
    const plain = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'));
    fc.assert(fc.property(plain, (text) => shape(text) === shape('x')));
  });

  it('is false for what no timer can have, without asking', () => {
    for (const odd of ['a\0', '\ud834'])
      expect(sqlOf({ or: [{ key: odd }, { keyPrefix: odd }, { tags: [odd] }] })).toMatchObject({
        text: '((false) or (false) or (false))',
        values: [],
      });
    expect(sqlOf({ id: `x' or true` as TimerId }).text).toBe('false');
  });

  it('says which tables it needs', () => {
    expect(sqlOf({ key: 'k' })).toMatchObject({ usesSpec: true, usesState: false });
    expect(sqlOf({ dueBefore: 0 as EpochMs })).toMatchObject({ usesSpec: false, usesState: true });
    expect(sqlOf({})).toMatchObject({ text: 'true', usesSpec: false, usesState: false });
  });
});

describe('the end of a prefix', () => {
  it.each([
    ['a', 'b'],
    ['a%', 'a&'],
    ['\ud7ff', '\ue000'],
    ['a\u{10ffff}', 'b'],
  ])('%s ends before %s', (prefix, end) => expect(prefixEnd(prefix)).toBe(end));

  it('is none for a prefix of nothing but the last character', () => {
    expect(prefixEnd('\u{10ffff}')).toBeNull();
  });

  it('parts texts with the prefix from all others, by their bytes', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 3 });
    const liesBefore = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
    fc.assert(
      fc.property(text, text, fc.boolean(), (prefix, rest, isWithin) => {
        const key = isWithin ? prefix + rest : rest;
        const end = prefixEnd(prefix);
        const isInRange = !liesBefore(key, prefix) && (end === null || liesBefore(key, end));
        expect(isInRange).toBe(key.startsWith(prefix));
      }),
    );
  });
});

describe('what of a condition lies together in an order', () => {
  it('is what an index has before the order, and no part that is nested', () => {
    const condition: TimerCondition = {
      namespace: 'n',
      key: 'k',
      hookClass: 'h',
      tags: ['t'],
      enable: true,
      and: [{ hookClass: 'i' }],
    };
    expect(orderingPart('id', condition, new Parameters())).toBe('p.hook_class = $1::text');
    expect(orderingPart('key', condition, new Parameters())).toBe(
      'p.namespace = $1::text and p.key = $2::text',
    );
    expect(orderingPart('key', { enable: true }, new Parameters())).toBe('true');
  });
});

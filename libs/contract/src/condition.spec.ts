import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { conditionDepthMax, conditionPartsMax, type EpochMs, type TimerCondition } from '#timer';
import { conditionWire, parseCondition, timerCondition } from './condition.js';

const refusal = (json: unknown) => {
  const read = parseCondition(json);
  return read.ok ? null : read;
};
const nested = (depth: number): unknown => (depth === 1 ? { key: 'k' } : { not: nested(depth - 1) });

describe('a condition on the wire', () => {
  it('becomes the domain condition, moments as moments', () => {
    const read = parseCondition({
      namespace: 'n',
      keyPrefix: '',
      tags: [],
      status: ['open'],
      enable: false,
      dueFrom: '2027-03-28T09:00:00+02:00',
      or: [{ and: [] }, { not: { dueBefore: '2027-01-01T00:00:00Z' } }],
    });
    expect(read).toEqual({
      ok: true,
      condition: {
        namespace: 'n',
        keyPrefix: '',
        tags: [],
        status: ['open'],
        enable: false,
        dueFrom: Date.parse('2027-03-28T07:00:00Z'),
        or: [{ and: [] }, { not: { dueBefore: Date.parse('2027-01-01T00:00:00Z') } }],
      },
    });
  });

  it.each<[string, unknown, string]>([
    ['an unknown field', { keyprefix: 'a' }, 'keyprefix'],
    ['an unknown field far inside', { or: [{}, { not: { tag: 'x' } }] }, 'or.1.not.tag'],
    ['an unknown status', { status: ['running'] }, 'status.0'],
    ['a moment without an offset', { and: [{ dueFrom: '2027-01-01 09:00' }] }, 'and.0.dueFrom'],
    ['an id that is none', { id: '17' }, 'id'],
    ['text where a list belongs', { tags: 'eu' }, 'tags'],
    ['null for a field', { key: null }, 'key'],
    ['no object', 'all', ''],
    ['nothing', null, ''],
    ['a key longer than any', { key: 'k'.repeat(257) }, 'key'],
  ])('refuses %s and names the field', (_, json, field) => {
    expect(refusal(json)?.field).toBe(field);
    expect(refusal(json)?.message).not.toBe('');
  });

  it('says which fields there are when one is unknown', () => {
    expect(refusal({ keyprefix: 'a' })?.message).toContain('keyPrefix');
  });

  it('may lie so deep and no deeper, and says how deep', () => {
    expect(refusal(nested(conditionDepthMax))).toBeNull();
    expect(refusal(nested(conditionDepthMax + 1))?.message).toContain(String(conditionDepthMax));
  });

  it('is refused, not run out of stack, a million levels deep', () => {
    let deep: unknown = {};
    for (let i = 0; i < 1_000_000; i += 1) deep = { not: deep };
    expect(refusal(deep)?.message).toContain('deep');
  });

  it('may have so many parts and no more', () => {
    const wide = (count: number) => ({ or: Array.from({ length: count - 1 }, () => ({})) });
    expect(refusal(wide(conditionPartsMax))).toBeNull();
    expect(refusal(wide(conditionPartsMax + 1))?.message).toContain(String(conditionPartsMax));
  });

  it('comes back as it went out', () => {
    const [from, before] = [1_000 as EpochMs, 5 as EpochMs];
    const condition: TimerCondition = {
      tags: ['a'],
      dueFrom: from,
      not: { or: [{ dueBefore: before }, { status: ['open'] }] },
    };
    const wire = conditionWire(condition);
    expect(parseCondition(JSON.parse(JSON.stringify(wire)))).toEqual({ ok: true, condition });
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => void parseCondition(json)));
  });

  it('has a schema to publish, that holds itself', () => {
    const published = JSON.stringify(
      z.toJSONSchema(z.object({ condition: timerCondition }), { io: 'input' }),
    );
    expect(published).toContain('"keyPrefix"');
    expect(published).toContain('"$ref"');
  });
});

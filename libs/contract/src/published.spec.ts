import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type JsonSchema, messageJsonSchema, messageSchemas } from './index.js';
import { breakingChanges } from './schema-changes.js';

const published = JSON.parse(
  readFileSync(new URL('../samples/published-v1.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, JsonSchema>>;

const whatToDo =
  'a published message only grows. Give it back what it had; where that cannot be, add a message of another name ' +
  'beside it and read both. `npm run contract:publish` records additions when a version is released.';

describe('published messages', () => {
  it('there are as many as the wire had when they were recorded, and they are all still here', () => {
    expect(Object.keys(published).length).toBeGreaterThan(30);
    expect(
      Object.keys(published).filter((name) => !messageSchemas.has(name)),
      whatToDo,
    ).toEqual([]);
  });
  it.each(Object.entries(published))('%s still means what it meant', (name, schema) => {
    const direction = messageSchemas.get(name)?.direction ?? 'out';
    expect(breakingChanges(schema, messageJsonSchema(name) ?? {}, direction), whatToDo).toEqual([]);
  });
});

describe('a change of a schema', () => {
  const base: JsonSchema = {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: 'string', maxLength: 9 },
      kind: { enum: ['x', 'y'] },
      inner: { type: 'object', properties: { b: { type: 'number' } } },
      many: { type: 'array', items: { type: 'string' } },
      some: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
  };
  const changed = (properties: object, rest: object = {}): JsonSchema => ({
    ...base,
    ...rest,
    properties: { ...(base.properties as object), ...properties },
  });

  it.each([
    ['nothing', base],
    ['another field', changed({ z: { type: 'string' } })],
  ])('%s breaks nobody', (_what, present) => {
    expect(breakingChanges(base, present, 'in')).toEqual([]);
    expect(breakingChanges(base, present, 'out')).toEqual([]);
  });

  it.each([
    ['a field that is gone', changed({ kind: undefined }), 'kind: is gone'],
    ['a field that is gone further in', changed({ inner: { type: 'object' } }), 'inner.b: is gone'],
    ['another type', changed({ a: { type: 'number', maxLength: 9 } }), 'a: type'],
    [
      'another type of items',
      changed({ many: { type: 'array', items: { type: 'number' } } }),
      'many[]: type',
    ],
    [
      'an alternative that is gone',
      changed({ some: { anyOf: [{ type: 'string' }] } }),
      'some: alternative 2',
    ],
  ])('%s breaks readers and writers', (_what, present, told) => {
    for (const direction of ['in', 'out'] as const)
      expect(breakingChanges(base, present, direction).join()).toContain(told);
  });

  it.each([
    ['a field that becomes required', changed({}, { required: ['a', 'kind'] }), '"kind" is required now'],
    ['a tighter bound', changed({ a: { type: 'string', maxLength: 3 } }), 'maxLength was 9 and is 3'],
    ['a bound where none was', changed({ a: { type: 'string', maxLength: 9, minLength: 1 } }), 'minLength'],
    ['a choice that is gone', changed({ kind: { enum: ['x'] } }), 'no longer takes "y"'],
    ['a message that refuses the unknown', changed({}, { additionalProperties: false }), 'are refused now'],
    ['a pattern where none was', changed({ a: { type: 'string', maxLength: 9, pattern: 'q' } }), 'bound to'],
  ])('%s breaks those who write to us', (_what, present, told) =>
    expect(breakingChanges(base, present, 'in').join()).toContain(told),
  );

  it.each([
    ['a field that may be missing now', changed({}, { required: [] }), '"a" is not always there any more'],
    ['a wider bound', changed({ a: { type: 'string', maxLength: 99 } }), 'maxLength was 9 and is 99'],
    ['a further type', changed({ a: { type: ['string', 'null'], maxLength: 9 } }), 'type may be "null" now'],
  ])('%s breaks those who read us', (_what, present, told) =>
    expect(breakingChanges(base, present, 'out').join()).toContain(told),
  );

  it('what may be left empty now takes what it took', () => {
    const empty = { anyOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }] };
    expect(breakingChanges(base, changed({ a: empty }), 'in')).toEqual([]);
    expect(breakingChanges(base, changed({ a: empty }), 'out')).not.toEqual([]);
  });

  it('a choice more is for readers to expect, and a field less to demand helps writers', () => {
    expect(breakingChanges(base, changed({ kind: { enum: ['x', 'y', 'z'] } }), 'out')).toEqual([]);
    expect(breakingChanges(base, changed({}, { required: [] }), 'in')).toEqual([]);
  });
});

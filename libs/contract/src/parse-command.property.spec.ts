import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejectionCodes } from '#timer';
import { commandBytesMax, commandRecord, commandSchemas, type ParsedCommand, parseCommand } from './index.js';

type Json = Readonly<Record<string, unknown>>;
const commands = JSON.parse(
  readFileSync(new URL('../samples/commands.json', import.meta.url), 'utf8'),
) as readonly Json[];

const read = (text: string): ParsedCommand =>
  parseCommand({ key: null, value: Buffer.from(text) }, commandBytesMax);

const types = Object.keys(commandSchemas);
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const fields = ['id', 'namespace', 'key', 'timerId', 'timer', 'set', 'check', 'eventId', 'attempt', 'data'];
const almostCommand = fc
  .record({
    type: fc.constantFrom(...types, 'Explode', ''),
    rest: fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), fc.jsonValue({ maxDepth: 3 })),
  })
  .map(({ type, rest }) => Buffer.from(JSON.stringify({ ...rest, type })));
/** A valid command with some of its bytes lost, doubled or replaced. */
const damaged = fc
  .tuple(fc.constantFrom(...commands), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 }))))
  .map(([command, damages]) => {
    const text = [...Buffer.from(JSON.stringify(command))];
    for (const [place, byte, kind] of damages) text.splice(place % text.length, kind, byte);
    return Buffer.from(text);
  });
const value = fc.oneof(
  fc.constant(null),
  bytes,
  almostCommand,
  damaged,
  fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
);

/** Every place of a command, as a path: its fields, those within them, and the items of lists. */
function placesOf(node: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return [path];
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(node).flatMap(([name, inner]) => placesOf(inner, [...path, name])),
  ];
}
const at = (node: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Json)[name], node);
function put(node: unknown, [name, ...rest]: readonly string[], given: unknown): unknown {
  if (name === undefined) return given;
  const inner = put((node as Json)[name], rest, given);
  return Array.isArray(node)
    ? node.map((item, index) => (String(index) === name ? inner : item))
    : { ...(node as Json), [name]: inner };
}
const isObject = (there: unknown): boolean =>
  typeof there === 'object' && there !== null && !Array.isArray(there);
/** Of another type than what is there. */
const wrongFor = (there: unknown): unknown => {
  if (there === null) return { of: 'no such type' };
  return typeof there === 'string' ? 7 : 'wrong';
};

const places = commands.flatMap((command) =>
  placesOf(command)
    .filter(([first]) => first !== 'type')
    .map((path) => ({ command, path, type: String(command.type), field: path.join('.') })),
);

describe('a command that is wrong in one place', () => {
  it('there are places enough to be wrong in', () => expect(places.length).toBeGreaterThan(100));

  it.each(places)('$type: $field is named, with what is wrong and what would be right', (place) => {
    const there = at(place.command, place.path);
    const parsed = read(JSON.stringify(put(place.command, place.path, wrongFor(there))));
    expect(parsed).toMatchObject({
      ok: false,
      rejection: { code: 'invalid-command', field: place.field },
    });
    if (parsed.ok) return;
    expect(parsed.rejection.message).toContain(`${place.field}: `);
    expect(parsed.rejection.message).toContain('expected');
    expect(parsed.rejection.message).toMatch(/received \w+|, not /);
  });

  it.each(places.filter(({ command, path }) => isObject(at(command, path))))(
    '$type: what $field does not know is named by its whole path',
    ({ command, path, field }) => {
      const parsed = read(JSON.stringify(put(command, [...path, 'surprise'], 1)));
      expect(parsed).toMatchObject({ ok: false, rejection: { field: `${field}.surprise` } });
    },
  );
});

describe('a command that is odd', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const id = '018f0000-0000-7000-8000-000000000001';
  const named = `"id":"${id}","namespace":"n","key":"k"`;

  it.each(['type', 'id', 'key', 'check', 'timer', 'surprise'])(
    'may be nested as deep as a record is long, at %s, and only that command is refused',
    (field) => {
      const timer = '"timer":{"schedPolicyType":"ONCE","schedPolicyExpr":"1s"}';
      const body = `{"type":"CreateTimer",${named},${timer},"${field}":${deep(200_000)}}`;
      expect(read(body)).toMatchObject({ ok: false, rejection: { field } });
    },
  );

  it.each(['1e400', '-1e400', '9007199254740993', '1.5', '1e21', '-0.1'])('has no version %s', (number) => {
    const body = `{"type":"DeleteTimer",${named},"check":{"version":${number}}}`;
    expect(read(body)).toMatchObject({ ok: false, rejection: { field: 'check.version' } });
  });

  it('of a name that is written twice the last one counts, as in every JSON reader', () => {
    expect(read(`{"type":"DeleteTimer",${named},"key":"last"}`)).toMatchObject({
      ok: true,
      target: { namespace: 'n', key: 'last' },
    });
  });
});

it('answers whatever bytes come: a command, or a reason that can be stored and sent', () => {
  fc.assert(
    fc.property(value, fc.option(bytes), (body, key) => {
      const parsed = parseCommand({ key, value: body }, commandBytesMax);
      if (parsed.ok) return;
      const { code, message, field = '' } = parsed.rejection;
      expect(rejectionCodes).toContain(code);
      expect(`${message}${field}`.isWellFormed()).toBe(true);
      expect(/\p{Cc}/u.test(`${message}${field}`)).toBe(false);
      expect(message.length).toBeLessThanOrEqual(1_000);
    }),
    { numRuns: 5_000 },
  );
});

it('reads what a client writes: the same timer, the same data, whatever characters they hold', () => {
  const id = '018f0000-0000-7000-8000-000000000001';
  // any 16-bit units, so NUL and halves of surrogate pairs among them
  const anyText = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(anyText, fc.string({ unit: 'grapheme', minLength: 1 }), (data, key) => {
      fc.pre(key.isWellFormed() && !key.includes('\u0000'));
      const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1s', data };
      const record = commandRecord({ type: 'CreateTimer', id, namespace: 'n', key, timer });
      const parsed = parseCommand(
        { key: Buffer.from(record.key ?? ''), value: Buffer.from(record.value) },
        commandBytesMax,
      );
      expect(parsed).toMatchObject({
        ok: true,
        commandId: id,
        target: { namespace: 'n', key },
        command: { timer: { data: { text: data } } },
      });
    }),
    { numRuns: 500 },
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rejectionCodes } from '#timer';
import { commandBytesMax, commandRecord, commandSchemas, parseCommand } from './index.js';

const types = Object.keys(commandSchemas);
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const fields = ['id', 'namespace', 'key', 'timerId', 'timer', 'set', 'check', 'eventId', 'attempt', 'data'];
const almostCommand = fc
  .record({
    type: fc.constantFrom(...types, 'Explode', ''),
    rest: fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), fc.jsonValue({ maxDepth: 3 })),
  })
  .map(({ type, rest }) => Buffer.from(JSON.stringify({ ...rest, type })));
const value = fc.oneof(
  fc.constant(null),
  bytes,
  almostCommand,
  fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
);

it('answers whatever bytes come: a command, or a reason that can be stored and sent', () => {
  fc.assert(
    fc.property(value, fc.option(bytes), (body, key) => {
      const parsed = parseCommand({ key, value: body }, commandBytesMax);
      if (parsed.ok) return;
      const { code, message, field = '' } = parsed.rejection;
      expect(rejectionCodes).toContain(code);
      expect(`${message}${field}`.isWellFormed()).toBe(true);
      expect(/\p{Cc}/u.test(`${message}${field}`)).toBe(false);
      expect(message.length).toBeLessThan(6_100);
    }),
    { numRuns: 3_000 },
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

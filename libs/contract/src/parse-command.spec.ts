import { describe, expect, it } from 'vitest';
import { type CommandWire, commandBytesMax, type ParsedCommand, parseCommand } from './index.js';

const id = '018f0000-0000-7000-8000-000000000001';
const eventId = '018f0000-0000-7000-8000-0000000000ee';
const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

const read = (value: Buffer | null, key: Buffer | null = null, bytesMax = commandBytesMax): ParsedCommand =>
  parseCommand({ key, value }, bytesMax);
const readJson = (body: unknown, key?: string): ParsedCommand =>
  read(bytes(JSON.stringify(body)), key === undefined ? null : bytes(key));
const named = { id, namespace: 'n', key: 'k' };
const answer = { ...named, eventId, attempt: 2 };

describe('what cannot be read', () => {
  it.each([
    ['no value', null, 'unreadable'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'unreadable'],
    ['half a JSON text', bytes('{"type":'), 'unreadable'],
    ['nothing', bytes(''), 'unreadable'],
    ['a list', bytes('[]'), 'unreadable'],
    ['null', bytes('null'), 'unreadable'],
    ['no type', bytes(`{"id":"${id}"}`), 'unreadable'],
    ['a type that is inherited', bytes(`{"type":"toString","id":"${id}"}`), 'unreadable'],
    ['a depth beyond any command', bytes('['.repeat(300_000)), 'unreadable'],
  ] as const)('refuses %s', (_what, value, code) => {
    expect(read(value)).toMatchObject({ ok: false, rejection: { code } });
  });

  it('counts key and value against the limit, and takes what just fits', () => {
    const value = bytes(JSON.stringify({ type: 'DeleteTimer', ...named }));
    expect(read(value, bytes('n/k'), value.length + 3)).toMatchObject({ ok: true });
    expect(read(value, bytes('n/k'), value.length + 2)).toMatchObject({
      ok: false,
      rejection: { code: 'too-large' },
    });
  });

  it('names the command even when its type is unknown, so that its sender gets an answer', () => {
    expect(readJson({ type: 'Explode', id })).toMatchObject({
      ok: false,
      commandId: id,
      rejection: { code: 'unreadable', field: 'type' },
    });
  });

  it('takes a byte order mark for no part of the text', () => {
    expect(read(bytes(`\uFEFF${JSON.stringify({ type: 'DeleteTimer', ...named })}`))).toMatchObject({
      ok: true,
    });
  });
});

describe('which timer', () => {
  const target = (body: object, key?: string) => {
    const parsed = readJson({ type: 'DeleteTimer', id, ...body }, key);
    return parsed.ok ? parsed.target : parsed.rejection;
  };

  it('the body says it before the record key', () =>
    expect(target({ namespace: 'n', key: 'k' }, 'other/one')).toEqual({ namespace: 'n', key: 'k' }));
  it('the record key says it, and only its first slash splits', () =>
    expect(target({}, 'n/a/b/c')).toEqual({ namespace: 'n', key: 'a/b/c' }));
  it('a timer id stands for both', () =>
    expect(target({ timerId: eventId.toUpperCase() })).toEqual({ timerId: eventId }));
  it('nobody says it', () =>
    expect(target({}, 'no slash')).toMatchObject({ code: 'unreadable', field: 'key' }));
  it('a new timer has no id yet', () =>
    expect(
      readJson({
        type: 'CreateTimer',
        id,
        timerId: eventId,
        timer: { schedPolicyType: 'ONCE', schedPolicyExpr: '1s' },
      }),
    ).toMatchObject({ ok: false, rejection: { code: 'invalid-command', field: 'timerId' } }));

  it('is never the timer of another name that decodes to the same text', () => {
    const command = bytes(JSON.stringify({ type: 'DeleteTimer', id }));
    expect(read(command, Buffer.from([0x6e, 0x2f, 0xff]))).toMatchObject({
      ok: false,
      rejection: { code: 'unreadable', field: 'key' },
    });
    expect(target({ namespace: 'n', key: '\ud800' })).toMatchObject({ code: 'invalid-spec', field: 'key' });
    expect(target({ namespace: 'n', key: 'a\u0000b' })).toMatchObject({ code: 'invalid-spec', field: 'key' });
    expect(target({ namespace: 'n', key: '\ufffd' })).toEqual({ namespace: 'n', key: '\ufffd' });
  });
});

describe('what does not fit', () => {
  it.each([
    ['a typo', { type: 'DeleteTimer', ...named, chek: {} }, 'chek'],
    ['a typo further in', { type: 'UpdateTimer', ...named, set: { enabled: true } }, 'set.enabled'],
    ['a text for a truth', { type: 'UpdateTimer', ...named, set: { enable: 'yes' } }, 'set.enable'],
    ['no id', { type: 'DeleteTimer', namespace: 'n', key: 'k' }, 'id'],
    ['an id that is none', { type: 'DeleteTimer', ...named, id: '7' }, 'id'],
    [
      'a moment without an offset',
      { type: 'CloseEvent', ...answer, watermark: '2027-03-28T09:00:00' },
      'watermark',
    ],
    ['attempt 0', { type: 'CloseEvent', ...answer, attempt: 0 }, 'attempt'],
    [
      'an unknown encoding',
      { type: 'CloseEvent', ...answer, result: 'x', resultEncoding: 'hex' },
      'resultEncoding',
    ],
  ])('refuses %s and names the field', (_what, body, field) => {
    expect(readJson(body)).toMatchObject({ ok: false, rejection: { code: 'invalid-command', field } });
  });

  it('refuses a field named like the prototype', () => {
    const body = `{"type":"DeleteTimer","id":"${id}","namespace":"n","key":"k","__proto__":{"ok":1}}`;
    expect(read(bytes(body))).toMatchObject({ ok: false, rejection: { field: '__proto__' } });
  });
});

describe('what a command becomes', () => {
  const become = (body: CommandWire) => {
    const parsed = readJson(body);
    return parsed.ok ? parsed.command : parsed.rejection;
  };

  it('moments become milliseconds, durations stay text, null clears', () => {
    expect(
      become({
        type: 'UpdateTimer',
        ...named,
        set: {
          watermark: '2027-03-28T11:00:00+02:00',
          startAt: null,
          ackTimeout: '1h30m',
          summaryData: null,
        },
        check: { version: 3 },
      }),
    ).toEqual({
      type: 'UpdateTimer',
      commandId: id,
      check: { version: 3 },
      set: { watermark: Date.UTC(2027, 2, 28, 9), startAt: null, ackTimeout: '1h30m', summary: null },
    });
  });

  it('a trigger without a request id is named after its command', () =>
    expect(become({ type: 'TriggerTimer', ...named })).toMatchObject({ requestId: id }));

  it('a close says only what it was told', () => {
    expect(become({ type: 'CloseEvent', ...answer })).toEqual({
      type: 'CloseEvent',
      commandId: id,
      eventId,
      attempt: 2,
    });
    expect(become({ type: 'CloseEvent', ...answer, result: 'AAE=', resultEncoding: 'base64' })).toMatchObject(
      {
        result: { text: 'AAE=', encoding: 'base64' },
      },
    );
  });

  it.each([
    ['NUL', 'a\u0000b'],
    ['lone surrogates', '\ud800 \udc00\ud800'],
    ['a number beyond a double', '{"n":9007199254740993}'],
    ['what looks like an escape', '\\u0000 \\" \u2028'],
  ])('data with %s comes through as it was', (_what, data) => {
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1s', data };
    expect(become({ type: 'CreateTimer', ...named, timer })).toMatchObject({
      timer: { data: { text: data } },
    });
  });
});

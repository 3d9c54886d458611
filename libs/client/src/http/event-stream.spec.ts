import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStreamParser, type StreamMessage } from './event-stream.js';

const read = (pieces: readonly string[]): StreamMessage[] => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('a stream of server-sent events', () => {
  it('gives messages with their event, their lines and the last id', () => {
    expect(
      read(['id: 7\nevent: update\ndata: {"a":1}\n\n: alive\n\ndata: one\ndata: two\n\nid\ndata:\n\n']),
    ).toEqual([
      { event: 'update', data: '{"a":1}', id: '7' },
      { event: 'message', data: 'one\ntwo', id: '7' },
      { event: 'message', data: '', id: '' },
    ]);
  });

  it('drops an event without data, an id with U+0000, and a byte order mark', () => {
    expect(read(['\uFEFFevent: ready\n\nid: a\u0000b\ndata: x\n\n'])).toEqual([
      { event: 'message', data: 'x', id: '' },
    ]);
  });

  it('does not give a message that was not ended', () => expect(read(['data: half\n'])).toEqual([]));

  it('is the same however it is cut and whatever ends its lines', () => {
    const text = fc
      .array(
        fc.constantFrom('id: 1', 'id: 22', 'event: create', 'data: x', 'data:y', ': hello', '', 'retry: 5'),
      )
      .map((lines) => [...lines, '', '']);
    fc.assert(
      fc.property(text, fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat()), (lines, newline, cuts) => {
        const whole = `${lines.join(newline)}${newline}`;
        const places = [...new Set(cuts.map((cut) => cut % whole.length))].sort((a, b) => a - b);
        const pieces = [...places, whole.length].map((end, index) =>
          whole.slice(index === 0 ? 0 : places[index - 1], end),
        );
        expect(pieces.join('')).toBe(whole);
        expect(read(pieces)).toEqual(read([lines.join('\n'), '\n']));
      }),
    );
  });

  it('gives up on a line that never ends', () => {
    const parser = new EventStreamParser();
    const push = () => {
      for (let count = 0; count < 20; count += 1) parser.push('x'.repeat(1024 * 1024));
    };
    expect(push).toThrow('no end');
  });
});

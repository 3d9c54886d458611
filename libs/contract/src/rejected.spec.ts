import { describe, expect, it } from 'vitest';
import {
  commandBytesMax,
  parseCommand,
  parseReply,
  refusedReply,
  rejectedBytesMax,
  rejectionHeaders,
} from './index.js';

const source = { topic: 'timers.commands', partition: 3, offset: 9_007_199_254_740_993n };
const bytesOf = (headers: Record<string, string>): number =>
  Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0);

describe('a rejection', () => {
  it('says why, which command, and where it came from', () => {
    const rejection = { code: 'invalid-spec', field: 'retry.min', message: 'zu früh: 早すぎる' } as const;
    expect(rejectionHeaders({ commandId: null, rejection, source })).toEqual({
      code: 'invalid-spec',
      field: 'retry.min',
      message: 'zu früh: 早すぎる',
      sourceTopic: 'timers.commands',
      sourcePartition: '3',
      sourceOffset: '9007199254740993',
    });
  });

  it('fits its topic beside the largest command, whatever that command is named after', () => {
    const value = Buffer.from(`{"type":"DeleteTimer","${'字'.repeat(340_000)}":1}`);
    const parsed = parseCommand({ key: null, value }, commandBytesMax);
    if (parsed.ok) throw new Error('an unknown field was taken');
    const headers = rejectionHeaders({ commandId: null, rejection: parsed.rejection, source });
    expect(value.length).toBeLessThan(commandBytesMax);
    expect(value.length + bytesOf(headers)).toBeLessThan(rejectedBytesMax);
  });

  it('is short also when the reason quotes a field of any length', () => {
    const rejection = {
      code: 'invalid-spec',
      message: 'x'.repeat(900_000),
      field: 'y'.repeat(9_000),
    } as const;
    expect(bytesOf(rejectionHeaders({ commandId: null, rejection, source }))).toBeLessThan(8_192);
    expect(refusedReply(rejection).length).toBeLessThan(2_048);
  });

  it('tells controls and halves of characters apart from text, so that it can be stored', () => {
    const parsed = parseCommand({ key: null, value: Buffer.from('\u0000{') }, commandBytesMax);
    if (parsed.ok) throw new Error('no JSON was taken');
    expect(parsed.rejection.message).toContain('\\u0000');
    const message = 'a\u0000\r\n\ud800';
    expect(parseReply(refusedReply({ code: 'unreadable', message }))).toEqual({
      ok: false,
      code: 'unreadable',
      message: 'a\\u0000\\u000d\\u000a\ufffd',
    });
  });
});

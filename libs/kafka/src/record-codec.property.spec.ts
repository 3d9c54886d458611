import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, original } from './record-codec.js';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (
  buffer: Buffer,
) => { buffer: Buffer; readVarIntBytes(): Buffer };

const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const record = fc.record({
  offsetDelta: fc.nat(100_000),
  timestampDelta: fc.oneof(fc.nat(1_000), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  key: fc.option(part),
  value: fc.option(part),
  headers: fc.dictionary(
    fc.string({ minLength: 1, maxLength: 40 }).filter((name) => name !== '__proto__'),
    fc.oneof(part, fc.array(part, { minLength: 2, maxLength: 3 })),
    { maxKeys: 12 },
  ),
});

describe('the record codec', () => {
  it('writes the bytes that kafkajs writes', () => {
    fc.assert(
      fc.property(record, (given) => {
        expect(encodeRecord(given).buffer.equals(original.encode(given).buffer)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the fields that kafkajs reads', () => {
    const contexts = [
      { firstOffset: '7000000000', firstTimestamp: '1764000000000', magicByte: 2, timestampType: 0 },
      {
        firstOffset: '0',
        firstTimestamp: '1764000000000',
        maxTimestamp: '1764000009999',
        magicByte: 2,
        timestampType: 1,
        isControlBatch: true,
      },
    ];
    fc.assert(
      fc.property(record, fc.constantFrom(...contexts), (given, context) => {
        const bytes = new Decoder(original.encode(given).buffer).readVarIntBytes();
        const mine = decodeRecord(new Decoder(bytes), context) as object as Record<string, unknown>;
        // some are read when they are asked for, so they are no properties of its own
        const theirs = original.decode(new Decoder(bytes), context) as Record<string, unknown>;
        for (const field in theirs) expect(mine[field], field).toEqual(theirs[field]);
      }),
      { numRuns: 500 },
    );
  });

  it('reads some of the headers as it reads them all', () => {
    const name = fc.constantFrom('ce_id', 'ce_type', 'ce_time', 'traceparent');
    const headers = fc.dictionary(fc.oneof(name, fc.string({ minLength: 1, maxLength: 20 })), part, {
      maxKeys: 12,
    });
    fc.assert(
      fc.property(headers, fc.uniqueArray(name), (given, names) => {
        const bytes = new Decoder(
          encodeRecord({ key: null, value: null, headers: given }).buffer,
        ).readVarIntBytes();
        const all = decodeRecord(new Decoder(bytes)).headers;
        const wanted = names.filter((one) => Object.hasOwn(all, one)).map((one) => [one, all[one]]);
        expect(decodeRecord(new Decoder(bytes)).headersOf(names)).toEqual(Object.fromEntries(wanted));
      }),
    );
  });
});

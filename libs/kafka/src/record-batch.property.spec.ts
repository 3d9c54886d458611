import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch, original } from './record-batch.js';
import { encodeRecord } from './record-codec.js';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const moment = fc.integer({ min: 0, max: 2 ** 50 });
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const record = fc
  .record({
    key: fc.option(fc.string({ maxLength: 50 })),
    value: fc.option(fc.string({ unit: 'binary', maxLength: 2_000 })),
  })
  .map(encodeRecord);
const batch = fc.record(
  {
    firstTimestamp: moment,
    maxTimestamp: moment,
    producerId: int64,
    producerEpoch: fc.integer({ min: -1, max: 2 ** 15 - 1 }),
    firstSequence: int32,
    lastOffsetDelta: int32,
    transactional: fc.boolean(),
    records: fc.array(record, { maxLength: 50 }),
  },
  { requiredKeys: ['firstTimestamp', 'maxTimestamp', 'records'] },
);

describe('a batch of records', () => {
  it('is the bytes that kafkajs would write', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (given) => {
        const [ours, theirs] = [await encodeBatch(given), await original.RecordBatch(given)];
        expect(ours.buffer.equals(theirs.buffer)).toBe(true);
        expect(ours.size()).toBe(theirs.size());
      }),
    );
  });
});

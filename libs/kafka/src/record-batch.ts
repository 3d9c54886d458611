import { createRequire } from 'node:module';
import { replaceModule } from './replace-module.js';
import { checksum } from './send-path.js';

// kafkajs puts a batch together in three encoders, one copied into the next, each of which begins with 512 zeroed bytes and doubles
// (docs/adr/0005). The size is known: records come encoded. This writes them once, into one buffer of that size.

const require = createRequire(import.meta.url);
const path = require.resolve('kafkajs/src/protocol/recordBatch/v0/index.js');

interface Bytes {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}
/** kafkajs's Long, or a number or text of 64 bits. */
type Int64 = number | string | { toString(): string };
export interface BatchOfRecords {
  readonly compression?: number;
  readonly transactional?: boolean;
  readonly firstOffset?: Int64;
  readonly firstTimestamp?: Int64;
  readonly maxTimestamp?: Int64;
  readonly partitionLeaderEpoch?: number;
  readonly lastOffsetDelta?: number;
  readonly producerId?: Int64;
  readonly producerEpoch?: number;
  readonly firstSequence?: number;
  readonly records?: readonly Bytes[];
}
/** What kafkajs's writer of requests asks of a batch. */
export interface EncodedBatch extends Bytes {
  size(): number;
}
interface RecordBatchModule {
  readonly RecordBatch: (batch: BatchOfRecords) => Promise<EncodedBatch>;
  readonly MAGIC_BYTE: number;
}

/** kafkajs's own, for the property test, and for what we do not send. */
export const original = require(path) as RecordBatchModule;

const headerBytes = 61;
const lengthAt = 8;
/** The length counts what follows it. */
const countedFrom = 12;
const checksumAt = 17;
/** Summed is what follows the checksum. */
const summedFrom = 21;

/** Record batch: https://kafka.apache.org/documentation/#recordbatch */
export async function encodeBatch(batch: BatchOfRecords): Promise<EncodedBatch> {
  const { compression = 0, transactional = false, records = [] } = batch;
  if (compression !== 0 || transactional) return original.RecordBatch(batch);
  let size = headerBytes;
  for (const { buffer } of records) size += buffer.length;
  const bytes = Buffer.allocUnsafe(size);
  writeHeader(bytes, batch, records.length);
  let at = headerBytes;
  for (const { buffer } of records) at += buffer.copy(bytes, at);
  bytes.writeUInt32BE(checksum(bytes.subarray(summedFrom)), checksumAt);
  return { buf: bytes, buffer: bytes, size: () => size };
}

function writeHeader(bytes: Buffer, batch: BatchOfRecords, count: number): void {
  const now = Date.now();
  bytes.writeBigInt64BE(int64(batch.firstOffset ?? 0), 0);
  bytes.writeInt32BE(bytes.length - countedFrom, lengthAt);
  bytes.writeInt32BE(batch.partitionLeaderEpoch ?? 0, 12);
  bytes.writeInt8(original.MAGIC_BYTE, 16);
  bytes.writeInt16BE(0, 21);
  bytes.writeInt32BE(batch.lastOffsetDelta ?? 0, 23);
  bytes.writeBigInt64BE(int64(batch.firstTimestamp ?? now), 27);
  bytes.writeBigInt64BE(int64(batch.maxTimestamp ?? now), 35);
  bytes.writeBigInt64BE(int64(batch.producerId ?? -1), 43);
  bytes.writeInt16BE(batch.producerEpoch ?? 0, 51);
  bytes.writeInt32BE(batch.firstSequence ?? 0, 53);
  bytes.writeInt32BE(count, 57);
}

const int64 = (value: Int64): bigint => BigInt(value.toString());

replaceModule(path, { ...original, RecordBatch: encodeBatch });

import { createRequire } from 'node:module';
import { replaceModule } from './replace-module.js';

// kafkajs writes each record and each of its headers through an encoder with a zeroed buffer of its own, and reads
// headers by copying an object for every one of them. With the ten headers of a CloudEvent that was a third of the
// scheduler's time. These two functions do the same work on one buffer; they take the place of kafkajs's own, and a
// property test holds them to the same bytes and the same fields. docs/adr/0005 has the figures and the way back.

const require = createRequire(import.meta.url);
const encoderPath = require.resolve('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const decoderPath = require.resolve('kafkajs/src/protocol/recordBatch/record/v0/decoder.js');

type Part = string | Buffer | null | undefined;
export interface WireRecord {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
  readonly key: Part;
  readonly value: Part;
  readonly headers?: Readonly<Record<string, Part | readonly Part[]>>;
}
/** The part of kafkajs's encoder that its batch writer reads. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}
type EncodeRecord = (record: WireRecord) => Encoded;

interface DecoderInput {
  readonly buffer: Buffer;
}
interface BatchContext {
  readonly firstOffset?: { toString(): string };
  readonly firstTimestamp?: { toString(): string };
  readonly maxTimestamp?: { toString(): string };
  readonly magicByte?: number;
  readonly isControlBatch?: boolean;
  readonly timestampType?: number;
}
type DecodeRecord = (decoder: DecoderInput, context?: BatchContext) => object;

/** kafkajs's own, for the property test. */
export const original: { readonly encode: EncodeRecord; readonly decode: DecodeRecord } = {
  encode: require(encoderPath) as EncodeRecord,
  decode: require(decoderPath) as DecodeRecord,
};

const bytesOf = (part: Part): number =>
  part === null || part === undefined ? -1 : typeof part === 'string' ? Buffer.byteLength(part) : part.length;

/** Zigzag varint of a number of at most 31 bits, as all lengths and deltas here are. */
function varintSize(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  while (rest > 0x7f) {
    rest >>>= 7;
    size += 1;
  }
  return size;
}

function writeVarint(target: Buffer, value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  while (rest > 0x7f) {
    target[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[next++] = rest;
  return next;
}

function writePart(target: Buffer, part: Part, size: number, at: number): number {
  const next = writeVarint(target, size, at);
  if (size <= 0 || part === null || part === undefined) return next;
  if (typeof part === 'string') target.write(part, next, size, 'utf8');
  else part.copy(target, next);
  return next + size;
}

const deltaMax = 0x3fffffff;

/** Record v2: https://kafka.apache.org/documentation/#record */
export function encodeRecord(record: WireRecord): Encoded {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record;
  // days between two records of one batch: not ours, and not worth 64 bits here
  if (timestampDelta > deltaMax || timestampDelta < -deltaMax) return original.encode(record);
  const names = Object.keys(headers);
  const parts: Part[] = [];
  const sizes: number[] = [];
  let body = 1 + varintSize(timestampDelta) + varintSize(offsetDelta);
  const add = (part: Part): void => {
    const size = bytesOf(part);
    parts.push(part);
    sizes.push(size);
    body += varintSize(size) + Math.max(size, 0);
  };
  add(key);
  add(value);
  let headerCount = 0;
  for (const name of names) {
    const given = headers[name];
    for (const part of Array.isArray(given) ? (given as readonly Part[]) : [given as Part]) {
      add(name);
      add(part);
      headerCount += 1;
    }
  }
  body += varintSize(headerCount);
  const target = Buffer.allocUnsafe(varintSize(body) + body);
  let at = writeVarint(target, body, 0);
  target[at++] = 0;
  at = writeVarint(target, timestampDelta, at);
  at = writeVarint(target, offsetDelta, at);
  for (let i = 0; i < parts.length; i += 1) {
    if (i === 2) at = writeVarint(target, headerCount, at);
    at = writePart(target, parts[i], sizes[i] ?? -1, at);
  }
  if (parts.length === 2) writeVarint(target, headerCount, at);
  return { buf: target, buffer: target };
}

const logAppendTime = 1;

/** Reads along one record. */
class Cursor {
  at = 0;
  constructor(private readonly bytes: Buffer) {}

  /** Up to 53 bits: a delta of a timestamp may need more than 32. */
  varint(): number {
    let [value, factor, byte] = [0, 1, 0x80];
    while (byte & 0x80) {
      byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  part(): Buffer | null {
    const size = this.varint();
    if (size < 0) return null;
    const from = this.at;
    this.at += size;
    return this.bytes.subarray(from, this.at);
  }

  name(): string {
    const size = this.varint();
    const from = this.at;
    this.at += size;
    return this.bytes.toString('utf8', from, this.at);
  }
}

/** The same fields as kafkajs gives; offsets and timestamps stay below 2^53, as Kafka's do in practice. */
export function decodeRecord({ buffer }: DecoderInput, context: BatchContext = {}): object {
  const {
    firstOffset,
    firstTimestamp,
    maxTimestamp,
    magicByte,
    isControlBatch = false,
    timestampType,
  } = context;
  const cursor = new Cursor(buffer);
  const attributes = buffer.readInt8(0);
  cursor.at = 1;
  const timestampDelta = cursor.varint();
  const offsetDelta = cursor.varint();
  const isAppendTime = timestampType === logAppendTime && maxTimestamp !== undefined;
  return {
    magicByte,
    attributes,
    timestamp: isAppendTime ? maxTimestamp : String(Number(firstTimestamp?.toString() ?? 0) + timestampDelta),
    offset: String(Number(firstOffset?.toString() ?? 0) + offsetDelta),
    key: cursor.part(),
    value: cursor.part(),
    headers: readHeaders(cursor),
    isControlRecord: isControlBatch,
    batchContext: context,
  };
}

function readHeaders(cursor: Cursor): Record<string, Buffer | null | (Buffer | null)[]> {
  const headers: Record<string, Buffer | null | (Buffer | null)[]> = {};
  for (let left = cursor.varint(); left > 0; left -= 1) {
    const name = cursor.name();
    const value = cursor.part();
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[name] = [known, value];
  }
  return headers;
}

replaceModule(encoderPath, encodeRecord);
replaceModule(decoderPath, decodeRecord);

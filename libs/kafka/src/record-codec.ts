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

/** The longest varint of a length or a delta. */
const varintMax = 5;
/** Text that is longer goes through Buffer: below it, writing character by character costs less than two calls out of JavaScript. */
const shortTextMax = 63;

/** Where records are put together before their size is known; grows for a large one, and is made anew after it. */
const deskBytes = 256 * 1024;
let desk = Buffer.allocUnsafe(deskBytes);

function ensureRoom(at: number, size: number): void {
  if (at + size <= desk.length) return;
  const larger = Buffer.allocUnsafe(Math.max(desk.length * 2, at + size));
  desk.copy(larger, 0, 0, at);
  desk = larger;
}

function putPart(part: Part, at: number): number {
  if (part === null || part === undefined) return writeVarint(desk, -1, at);
  if (typeof part === 'string') return putText(part, at);
  ensureRoom(at, varintMax * 2 + part.length);
  const next = writeVarint(desk, part.length, at);
  part.copy(desk, next);
  return next + part.length;
}

function putText(text: string, at: number): number {
  ensureRoom(at, varintMax * 2 + text.length * 3);
  const { length } = text;
  if (length <= shortTextMax && isAsciiPut(text, at + 1)) {
    desk[at] = length << 1;
    return at + 1 + length;
  }
  const size = Buffer.byteLength(text);
  const next = writeVarint(desk, size, at);
  desk.write(text, next, size, 'utf8');
  return next + size;
}

function isAsciiPut(text: string, at: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    desk[at + i] = code;
  }
  return true;
}

const deltaMax = 0x3fffffff;

/** Record v2: https://kafka.apache.org/documentation/#record */
export function encodeRecord(record: WireRecord): Encoded {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record;
  // days between two records of one batch: not ours, and not worth 64 bits here
  if (timestampDelta > deltaMax || timestampDelta < -deltaMax) return original.encode(record);
  // the body's own length goes before it, once it is known
  let at = varintMax;
  desk[at++] = 0;
  at = writeVarint(desk, timestampDelta, at);
  at = writeVarint(desk, offsetDelta, at);
  at = putPart(key, at);
  at = putPart(value, at);
  const names = Object.keys(headers);
  at = writeVarint(desk, headerCount(names, headers), at);
  for (const name of names) {
    const given = headers[name];
    for (const part of Array.isArray(given) ? (given as readonly Part[]) : [given as Part])
      at = putPart(part, putText(name, at));
  }
  const body = at - varintMax;
  const from = varintMax - varintSize(body);
  writeVarint(desk, body, from);
  const bytes = Buffer.allocUnsafe(at - from);
  desk.copy(bytes, 0, from, at);
  if (desk.length > deskBytes) desk = Buffer.allocUnsafe(deskBytes);
  return { buf: bytes, buffer: bytes };
}

function headerCount(names: readonly string[], headers: NonNullable<WireRecord['headers']>): number {
  let count = names.length;
  for (const name of names) {
    const given = headers[name];
    if (Array.isArray(given)) count += given.length - 1;
  }
  return count;
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

  /** The one of these names, all of them ASCII, that comes next; null: another one. */
  nameAmong(names: readonly string[]): string | null {
    const size = this.varint();
    const from = this.at;
    this.at += size;
    for (const name of names) if (name.length === size && this.#isAt(name, from)) return name;
    return null;
  }

  skip(): void {
    const size = this.varint();
    if (size > 0) this.at += size;
  }

  #isAt(name: string, from: number): boolean {
    // names mostly begin alike
    for (let i = name.length - 1; i >= 0; i -= 1)
      if (this.bytes[from + i] !== name.charCodeAt(i)) return false;
    return true;
  }
}

/** Numbers that all records of a batch share, read once. */
let batch: BatchContext = {};
let [firstOffset, firstTimestamp] = [0, 0];

function ofBatch(context: BatchContext): void {
  batch = context;
  firstOffset = Number(context.firstOffset?.toString() ?? 0);
  firstTimestamp = Number(context.firstTimestamp?.toString() ?? 0);
}

/**
 * The same fields as kafkajs gives; offsets and timestamps stay below 2^53, as Kafka's do in practice. Headers are read when
 * somebody asks for them: who follows the clocks wants three of ten.
 */
export class DecodedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: string;
  readonly attributes: number;
  readonly #bytes: Buffer;
  readonly #headersAt: number;
  readonly #timestamp: number;

  constructor(
    bytes: Buffer,
    readonly batchContext: BatchContext,
  ) {
    if (batchContext !== batch) ofBatch(batchContext);
    const cursor = new Cursor(bytes);
    this.attributes = bytes.readInt8(0);
    cursor.at = 1;
    this.#timestamp = firstTimestamp + cursor.varint();
    this.offset = String(firstOffset + cursor.varint());
    this.key = cursor.part();
    this.value = cursor.part();
    this.#bytes = bytes;
    this.#headersAt = cursor.at;
  }

  get magicByte(): number | undefined {
    return this.batchContext.magicByte;
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControlBatch ?? false;
  }

  get timestamp(): string | { toString(): string } {
    const { timestampType, maxTimestamp } = this.batchContext;
    const isAppendTime = timestampType === logAppendTime && maxTimestamp !== undefined;
    return isAppendTime ? maxTimestamp : String(this.#timestamp);
  }

  get headers(): Record<string, Buffer | null | (Buffer | null)[]> {
    return readHeaders(this.#cursor());
  }

  /** The last value of each of these headers that the record has; nothing is made of the others. */
  headersOf(names: readonly string[]): Record<string, Buffer | undefined> {
    const found: Record<string, Buffer | undefined> = {};
    const cursor = this.#cursor();
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const name = cursor.nameAmong(names);
      if (name === null) cursor.skip();
      else found[name] = cursor.part() ?? undefined;
    }
    return found;
  }

  #cursor(): Cursor {
    const cursor = new Cursor(this.#bytes);
    cursor.at = this.#headersAt;
    return cursor;
  }
}

export const decodeRecord = ({ buffer }: DecoderInput, context: BatchContext = {}): DecodedRecord =>
  new DecodedRecord(buffer, context);

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

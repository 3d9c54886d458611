// One-dimensional array parameters in Postgres's binary form (array_recv: dimensions, has-null flag, element type,
// length, lower bound, then each element with its byte length, -1 for null). pg sends a Buffer parameter as binary, so
// a batch of hundreds of rows costs no escaping here and no text parsing there.

const oids = { int2: 21, int4: 23, int8: 20, uuid: 2950, text: 25, timestamptz: 1184, bytea: 17 } as const;
const headerBytes = 20;
/** Postgres counts timestamptz in microseconds from 2000-01-01. */
const postgresEpochMs = 946_684_800_000;

function fixedWidth<T>(oid: number, width: number, put: (target: Buffer, value: T, at: number) => void) {
  return (values: readonly (T | null)[]): Buffer => {
    if (values.length === 0) return emptyArray(oid);
    let nulls = 0;
    for (const value of values) if (value === null) nulls += 1;
    const target = Buffer.allocUnsafe(headerBytes + values.length * (4 + width) - nulls * width);
    let at = writeHeader(target, oid, values.length, nulls > 0);
    for (const value of values) {
      if (value === null) {
        at = target.writeInt32BE(-1, at);
      } else {
        at = target.writeInt32BE(width, at);
        put(target, value, at);
        at += width;
      }
    }
    return target;
  };
}

/** An array without elements has no dimension, and its header ends before the length. */
function emptyArray(oid: number): Buffer {
  const target = Buffer.alloc(12);
  target.writeUInt32BE(oid, 8);
  return target;
}

function writeHeader(target: Buffer, oid: number, length: number, hasNulls: boolean): number {
  target.writeInt32BE(1, 0);
  target.writeInt32BE(hasNulls ? 1 : 0, 4);
  target.writeUInt32BE(oid, 8);
  target.writeInt32BE(length, 12);
  target.writeInt32BE(1, 16);
  return headerBytes;
}

function variableWidth<T>(
  oid: number,
  bytesOf: (value: T) => number,
  put: (target: Buffer, value: T, at: number) => void,
) {
  return (values: readonly (T | null)[]): Buffer => {
    if (values.length === 0) return emptyArray(oid);
    let total = headerBytes;
    let hasNulls = false;
    const widths = new Array<number>(values.length);
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      const width = value === null || value === undefined ? -1 : bytesOf(value);
      widths[i] = width;
      total += 4 + Math.max(width, 0);
      hasNulls ||= width === -1;
    }
    const target = Buffer.allocUnsafe(total);
    let at = writeHeader(target, oid, values.length, hasNulls);
    for (let i = 0; i < values.length; i += 1) {
      const width = widths[i] ?? -1;
      const value = values[i];
      at = target.writeInt32BE(width, at);
      if (value !== null && value !== undefined) put(target, value, at);
      at += Math.max(width, 0);
    }
    return target;
  };
}

export const int2Array = fixedWidth<number>(oids.int2, 2, (t, v, at) => t.writeInt16BE(v, at));
export const int4Array = fixedWidth<number>(oids.int4, 4, (t, v, at) => t.writeInt32BE(v, at));
export const int8Array = fixedWidth<bigint>(oids.int8, 8, (t, v, at) => t.writeBigInt64BE(v, at));
/** Epoch milliseconds. Written as two 32-bit halves: a bigint per moment would cost more than the rest of the row. */
export const momentArray = fixedWidth<number>(oids.timestamptz, 8, (t, v, at) => {
  const micros = (v - postgresEpochMs) * 1000;
  const high = Math.floor(micros / 4_294_967_296);
  t.writeInt32BE(high, at);
  t.writeUInt32BE(micros - high * 4_294_967_296, at + 4);
});
export const uuidArray = fixedWidth<string>(oids.uuid, 16, (t, v, at) => {
  t.write(v.slice(0, 8) + v.slice(9, 13) + v.slice(14, 18) + v.slice(19, 23) + v.slice(24), at, 16, 'hex');
});
export const textArray = variableWidth<string>(
  oids.text,
  (v) => Buffer.byteLength(v),
  (t, v, at) => void t.write(v, at),
);
export const byteaArray = variableWidth<Buffer>(
  oids.bytea,
  (v) => v.length,
  (t, v, at) => void v.copy(t, at),
);

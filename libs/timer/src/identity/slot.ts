import type { TimerId } from '../brand.js';

/** The unit of ownership, fixed for ever. Kafka's partition of the same key is `slot % partitions`. */
export const slots = 256;

/** `murmur2(utf8(namespace/key)) & 0x7fffffff % 256`, the hash of Kafka's own Java client. */
export const slotOf = (namespace: string, key: string): number =>
  (murmur2(Buffer.from(`${namespace}/${key}`, 'utf8')) & 0x7fffffff) % slots;

/** MurmurHash2, 32 bits, seed 0x9747b28c, as `org.apache.kafka.common.utils.Utils.murmur2`; signed. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const { length } = data;
  let hash = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k =
      byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    hash = Math.imul(hash, m) ^ k;
  }
  const rest = length - at;
  if (rest >= 3) hash ^= byte(data, at + 2) << 16;
  if (rest >= 2) hash ^= byte(data, at + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byte(data, at), m);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return hash ^ (hash >>> 15);
}

const byte = (data: Uint8Array, at: number): number => data[at] ?? 0;

/** Reads what `mintTimerId` put there. */
export const slotOfTimerId = (id: TimerId): number => Number.parseInt(id.slice(16, 18), 16);

import type { EventId, TimerId } from '../brand.js';

// UUIDv7 (RFC 9562): 48 bits of epoch ms, version, 12 bits rand_a, variant, 62 bits rand_b. Time-ordered ids keep new
// rows together in the index. A timer's id carries its slot in the low eight bits of rand_a.

const hex = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
const at = (bytes: Uint8Array, index: number): string => hex[bytes[index] ?? 0] ?? '00';

/** @param random at least 9 random bytes */
export function mintTimerId(nowMs: number, slot: number, random: Uint8Array): TimerId {
  const nibble = ((random[8] ?? 0) & 0x0f).toString(16);
  return `${timePart(nowMs)}-7${nibble}${hex[slot & 0xff]}-${randomPart(random)}` as TimerId;
}

/** @param random at least 10 random bytes */
export function mintEventId(nowMs: number, random: Uint8Array): EventId {
  const nibble = ((random[8] ?? 0) & 0x0f).toString(16);
  return `${timePart(nowMs)}-7${nibble}${at(random, 9)}-${randomPart(random)}` as EventId;
}

function timePart(nowMs: number): string {
  const text = Math.floor(nowMs).toString(16).padStart(12, '0');
  return `${text.slice(0, 8)}-${text.slice(8)}`;
}

function randomPart(random: Uint8Array): string {
  const variant = hex[((random[0] ?? 0) & 0x3f) | 0x80];
  return `${variant}${at(random, 1)}-${at(random, 2)}${at(random, 3)}${at(random, 4)}${at(random, 5)}${at(random, 6)}${at(random, 7)}`;
}

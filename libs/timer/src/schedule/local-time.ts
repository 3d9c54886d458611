import type { EpochMs } from '../brand.js';
import type { Zone } from './zone.js';

// Moments as a person in a zone reads them.

/** `2027-03-28T09:00:00` from epoch ms read as UTC; milliseconds only where there are some. */
export function wallText(wallMs: number): string {
  const text = new Date(wallMs).toISOString().slice(0, -1);
  return text.endsWith('.000') ? text.slice(0, -4) : text;
}

export const localTime = (zone: Zone, moment: EpochMs): string =>
  wallText(moment + zone.spanAt(moment).offsetMs);

/** `+01:00`; zones of the nineteenth century have seconds in theirs (`-00:01:15`). */
export function offsetText(offsetMs: number): string {
  const seconds = Math.round(Math.abs(offsetMs) / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[2] === 0 ? parts.slice(0, 2) : parts;
  return `${offsetMs < 0 ? '-' : '+'}${shown.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

/** `2026-11-22 09:00 Europe/Paris`: for sentences. */
export function spoken(zone: Zone, moment: EpochMs): string {
  const text = localTime(zone, moment).replace('T', ' ');
  return `${text.endsWith(':00') && text.length === 19 ? text.slice(0, 16) : text} ${zone.name}`;
}

/** Whether this local time comes twice here, and which of the two this is. */
export function foldOf(zone: Zone, moment: EpochMs): 'first' | 'second' | null {
  const span = zone.spanAt(moment);
  if (span.toMs !== Number.POSITIVE_INFINITY) {
    const back = span.offsetMs - zone.spanAt(span.toMs).offsetMs;
    if (back > 0 && moment >= span.toMs - back) return 'first';
  }
  if (span.fromMs !== Number.NEGATIVE_INFINITY) {
    const back = zone.spanAt(span.fromMs - 1).offsetMs - span.offsetMs;
    if (back > 0 && moment < span.fromMs + back) return 'second';
  }
  return null;
}

import { durationMs } from '#timer';
import { problem } from './problem-error.js';

/** A timer's version as an entity tag. */
export const etagOf = (version: number): string => `"${version}"`;

/** The version that `If-Match` demands; null: none, or any (`*`). */
export function versionOf(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const version = /^(?:W\/)?"(\d{1,10})"$/.exec(ifMatch.trim())?.[1];
  if (version === undefined)
    throw problem('bad-request', 'If-Match is one ETag of this timer, for example "3", or *', {
      field: 'If-Match',
    });
  return Number(version);
}

export interface Preference {
  /** Answer 202 with a receipt rather than wait. */
  readonly respondAsync: boolean;
  /** How long to wait, ms; null: as long as the process does. */
  readonly waitMs: number | null;
}

/** `Prefer` (RFC 7240): `respond-async`, `wait=5`; what is unknown is passed over, as the RFC wants it. */
export function preferenceOf(prefer: string | undefined): Preference {
  const parts = (prefer ?? '').split(',').map((part) => part.trim().toLowerCase());
  const seconds = parts.flatMap((part) => /^wait\s*=\s*"?(\d{1,4})"?$/.exec(part)?.[1] ?? [])[0];
  return {
    respondAsync: parts.includes('respond-async'),
    // waiting for nothing is no wish that could be met
    waitMs: seconds === undefined || Number(seconds) === 0 ? null : Number(seconds) * durationMs('1s'),
  };
}

import type { TimerId } from '#timer';
import type { BulkRefusal } from './bulk.js';

export interface Refused {
  readonly timerId: TimerId;
  readonly code: string;
  readonly message: string;
}

/** Codes are a closed list, so there are few of them however many timers refuse. */
export function countRefusals(before: readonly BulkRefusal[], refused: readonly Refused[]): BulkRefusal[] {
  const byCode = new Map(before.map((refusal) => [refusal.code, refusal]));
  for (const { timerId, code, message } of refused) {
    const known = byCode.get(code) ?? { code, count: 0, example: { timerId, message } };
    byCode.set(code, { ...known, count: known.count + 1 });
  }
  return [...byCode.values()];
}

import type { StoredEvent } from './log-feed.js';

/** A partition that goes on beyond the event after which its reader stands. Positions are gapless: something is missing. */
export interface LogGap {
  readonly partition: number;
  readonly after: bigint;
  readonly next: bigint;
}

/** How far events bring a reader: each partition from its position on, one by one, up to a gap if there is one. */
export function followOn(
  positions: ReadonlyMap<number, bigint>,
  events: readonly StoredEvent[],
): { readonly reached: ReadonlyMap<number, bigint>; readonly gaps: readonly LogGap[] } {
  const reached = new Map<number, bigint>();
  const gaps = new Map<number, LogGap>();
  for (const { partition, position } of events) {
    const after = reached.get(partition) ?? positions.get(partition) ?? 0n;
    if (position === after + 1n) reached.set(partition, position);
    else if (!gaps.has(partition)) gaps.set(partition, { partition, after, next: position });
  }
  return { reached, gaps: [...gaps.values()] };
}

import type { TopicPartition } from './records.js';

/**
 * Where to begin a partition: an offset, or the first or the end of what is there; or not yet (`held`), until `reposition` asks again. A
 * partition that is left out begins at the group's committed offset.
 */
export type StartOffset = bigint | 'earliest' | 'latest' | 'held';
/** The same, looked up. */
export type KnownStart = bigint | 'held';

/** First offset that is there, and the one after the last. */
export interface OffsetRange {
  readonly low: bigint;
  readonly high: bigint;
}

export function knownStart(start: StartOffset, range: OffsetRange | undefined): KnownStart | undefined {
  if (start === 'earliest') return range?.low;
  return start === 'latest' ? range?.high : start;
}

export const isOutside = (start: StartOffset, range: OffsetRange | undefined): boolean =>
  typeof start === 'bigint' && range !== undefined && (start < range.low || start > range.high);

export class OffsetOutOfRange extends Error {
  readonly code = 'kafka/offset-out-of-range';
  constructor(
    readonly at: TopicPartition,
    readonly stored: bigint,
    readonly low: bigint,
    readonly high: bigint,
  ) {
    super(
      `the stored offset ${stored} of ${at.topic}/${at.partition} is outside what the topic holds (${low}–${high}): was the topic made anew, or the ` +
        `database restored? Look, then run: carillon offsets set ${at.topic} ${at.partition} ${stored < low ? low : high}`,
    );
    this.name = 'OffsetOutOfRange';
  }
}

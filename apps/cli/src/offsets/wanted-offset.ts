import type { PartitionRange } from '#kafka';
import { UsageError } from '../errors/exit-codes.js';

export interface WantedOffset {
  readonly partition: number;
  readonly offset: bigint;
  readonly range: PartitionRange;
}

/** What was typed, held against what the topic has. @throws UsageError */
export function wantedOffset(
  topic: string,
  partitionText: string,
  offsetText: string,
  ranges: readonly PartitionRange[],
): WantedOffset {
  const partition = Number(wholeNumber('a partition', partitionText));
  const offset = wholeNumber('an offset', offsetText);
  const range = ranges.find((one) => one.partition === partition);
  if (range === undefined)
    throw new UsageError(`${topic} has no partition ${partition}: it has 0 to ${ranges.length - 1}`);
  if (offset < range.low || offset > range.high)
    throw new UsageError(
      `${topic}/${partition} has no offset ${offset}: from ${range.low} (the first record there is) to ${range.high} (the next one to come)`,
    );
  return { partition, offset, range };
}

function wholeNumber(what: string, text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new UsageError(`${text} is not ${what}: a whole number is meant`);
  return BigInt(text);
}

/** What the change means for the records between. `stored`: what the database had; null: nothing. */
export function consequence(stored: bigint | null, { offset, range: { low, high } }: WantedOffset): string {
  if (stored === null) return `there was none; ${recordsOf(high - offset)} wait from there on`;
  if (stored < low || stored > high) return `it was ${stored}, where the topic has ${low} to ${high}`;
  if (offset > stored)
    return `it was ${stored}: ${recordsOf(offset - stored)} from there to ${offset - 1n} will never be read`;
  if (offset < stored)
    return `it was ${stored}: ${recordsOf(stored - offset)} up to ${stored - 1n} will be read again`;
  return 'as it was';
}

const recordsOf = (count: bigint): string => (count === 1n ? '1 record' : `${count} records`);

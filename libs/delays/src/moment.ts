import { parseInstant } from '#timer';

/** A `Date`, epoch milliseconds, or RFC 3339 text with an offset. */
export type Moment = Date | number | string;

/** Epoch ms. @throws RangeError for what is no moment */
export function momentOf(moment: Moment): number {
  const ms =
    typeof moment === 'string' ? parseInstant(moment) : moment instanceof Date ? moment.getTime() : moment;
  // beyond this a Date cannot say it
  if (ms === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15)
    throw new RangeError(`not a moment: ${String(moment)}; a Date, epoch ms, or 2027-03-28T09:00:00.000Z`);
  return Math.floor(ms);
}

import type { EpochMs } from './brand.js';

const minuteMs = 60_000;
const digits = (count: number, width: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => String(number).padStart(width, '0'));
const seconds = digits(60, 2);
const millis = digits(1_000, 3);

/** Moments that are written one after another mostly lie within two minutes, by turns: created now, due then. Their texts are made once. */
let latest = { minute: 0, text: '1970-01-01T00:00:' };
let before = latest;

/**
 * RFC 3339, UTC, to the millisecond, as `Date.toISOString` writes it.
 * @throws RangeError outside what a Date holds
 */
export function momentText(moment: EpochMs): string {
  const minute = Math.floor(moment / minuteMs);
  // what is no date at all comes here, too: it is never within a minute
  if (minute !== latest.minute) {
    const known =
      minute === before.minute ? before : { minute, text: new Date(moment).toISOString().slice(0, -7) };
    [before, latest] = [latest, known];
  }
  const within = moment - minute * minuteMs;
  const second = Math.floor(within / 1_000);
  return `${latest.text}${seconds[second]}.${millis[Math.floor(within - second * 1_000)]}Z`;
}

export interface Day {
  /** `2027-03-28` */
  readonly date: string;
  readonly dayOfMonth: number;
  /** The clock is changed on this day. */
  readonly isChange: boolean;
}
export interface Month {
  readonly name: string;
  /** Empty places before the first: weeks begin on Monday. */
  readonly blanks: number;
  readonly days: readonly Day[];
}

const title = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const dayMs = 86_400_000;
const two = (n: number): string => String(n).padStart(2, '0');

/** @param yearMonth `2027-03` @param timeZone an IANA name; anything else has no changes of the clock */
export function monthOf(yearMonth: string, timeZone: string): Month {
  const [year = 0, month = 1] = yearMonth.split('-').map(Number);
  const first = Date.UTC(year, month - 1, 1);
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const offsetAt = offsetsOf(timeZone);
  return {
    name: title.format(first),
    blanks: (new Date(first).getUTCDay() + 6) % 7,
    days: Array.from({ length: count }, (_, index) => {
      const start = localStart(first + index * dayMs, offsetAt);
      const end = localStart(first + (index + 1) * dayMs, offsetAt);
      return {
        date: `${yearMonth}-${two(index + 1)}`,
        dayOfMonth: index + 1,
        isChange: offsetAt(start) !== offsetAt(end),
      };
    }),
  };
}

type OffsetAt = (ms: number) => number;

/** When a local midnight is, well enough: no zone changes its clock twice within a day. */
const localStart = (midnightUtc: number, offsetAt: OffsetAt): number => midnightUtc - offsetAt(midnightUtc);

function offsetsOf(timeZone: string): OffsetAt {
  if (!timeZone.includes('/')) return () => 0;
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (ms) => {
    const text = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  };
}

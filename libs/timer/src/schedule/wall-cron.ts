// The wall-clock times of a field list, whatever a zone makes of them. A day is matched first, by counting days and not by
// asking a calendar for each; only then is a time of that day looked up. Moments are epoch ms read as UTC.

const dayMs = 86_400_000;
const daySeconds = 86_400;
/** A date that does not come within this many days never comes (30 February). */
const searchDaysMax = 5 * 366;

/** What the six fields match. `isAny`: the field was `*` or `?`, and leaves the matching of days to the other one. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  readonly isAny: boolean;
}
export interface CronFields {
  readonly second: CronField;
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
}

export interface WallTicks {
  /** The first one strictly after a wall-clock time and before `untilMs`; null: none comes. Whole seconds. */
  after(wallMs: number, untilMs?: number): number | null;
}

/** For each value, the smallest that matches and is not below it; −1: none. */
const nextTable = ({ values }: CronField, size: number): Int8Array => {
  const table = new Int8Array(size + 1).fill(-1);
  for (let value = size - 1; value >= 0; value -= 1)
    table[value] = values.has(value) ? value : (table[value + 1] ?? -1);
  return table;
};

export class WallCron implements WallTicks {
  readonly #seconds: Int8Array;
  readonly #minutes: Int8Array;
  readonly #hours: Int8Array;

  constructor(private readonly fields: CronFields) {
    this.#seconds = nextTable(fields.second, 60);
    this.#minutes = nextTable(fields.minute, 60);
    this.#hours = nextTable(fields.hour, 24);
  }

  after(wallMs: number, untilMs = Number.POSITIVE_INFINITY): number | null {
    const from = Math.floor(wallMs / 1_000) + 1;
    const firstDay = Math.floor(from / daySeconds);
    const lastDay = Math.min(firstDay + searchDaysMax, Math.floor((untilMs - 1) / dayMs));
    let timeFrom = from - firstDay * daySeconds;
    for (let day = this.#dayFrom(firstDay, lastDay); day <= lastDay; day = this.#dayFrom(day + 1, lastDay)) {
      if (day !== firstDay) timeFrom = 0;
      const time = this.#timeFrom(timeFrom);
      if (time === null) continue;
      const tick = day * dayMs + time * 1_000;
      return tick < untilMs ? tick : null;
    }
    return null;
  }

  /** The first matching day from this one on; beyond `last` if there is none up to it. */
  #dayFrom(from: number, last: number): number {
    const { month, dayOfMonth, dayOfWeek } = this.fields;
    // one of the two says nothing: the other decides; both say something: either is enough
    const isEither = !dayOfMonth.isAny && !dayOfWeek.isAny;
    let day = from;
    while (day <= last) {
      const date = dateOf(day);
      const monthEnd = day + daysIn(date.year, date.month) - date.day;
      if (!month.values.has(date.month)) {
        day = monthEnd + 1;
        continue;
      }
      for (let ofMonth = date.day; day <= monthEnd && day <= last; day += 1, ofMonth += 1) {
        const [isDay, isWeekday] = [dayOfMonth.values.has(ofMonth), dayOfWeek.values.has(weekdayOf(day))];
        if (isEither ? isDay || isWeekday : isDay && isWeekday) return day;
      }
    }
    return last + 1;
  }

  /** Seconds of the day. */
  #timeFrom(seconds: number): number | null {
    let [hour, minute, second] = [
      Math.floor(seconds / 3_600),
      Math.floor(seconds / 60) % 60,
      this.#seconds[seconds % 60] ?? -1,
    ];
    const [firstSecond, firstMinute] = [this.#seconds[0] ?? 0, this.#minutes[0] ?? 0];
    if (second === -1) [second, minute] = [firstSecond, minute + 1];
    const nextMinute = this.#minutes[minute] ?? -1;
    if (nextMinute !== minute) second = firstSecond;
    if (nextMinute === -1) hour += 1;
    const nextHour = this.#hours[hour] ?? -1;
    if (nextHour === -1) return null;
    if (nextHour !== hour || nextMinute === -1) [minute, second] = [firstMinute, firstSecond];
    else minute = nextMinute;
    return nextHour * 3_600 + minute * 60 + second;
  }
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const daysIn = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (monthDays[month - 1] ?? 31);

/** A count of days since 1970-01-01 as a date, with years that begin in March: the leap day comes last in them. */
function dateOf(day: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

import type { EpochMs } from '../brand.js';
import type { Zone } from './zone.js';

// Dates on which a timer does not fire: `2026-12-25`, or a range with both ends in it, `2026-12-24/2027-01-02`. A tick
// belongs to the date that a calendar in its zone shows.

export const excludeMax = 100;

const dayMs = 86_400_000;

/** Days as whole numbers since 1970-01-01, both ends in it; ranges are apart and in order. */
interface DayRange {
  readonly first: number;
  readonly last: number;
}

export interface Exclusions {
  /** Null: this moment's date is not excluded. Otherwise the stretch that it lies in, [from, to). */
  stretchAt(moment: EpochMs): { readonly fromMs: number; readonly toMs: number } | null;
}

export type ExclusionsReading =
  | { readonly ok: true; readonly ranges: readonly DayRange[] }
  | { readonly ok: false; readonly message: string };

const wrong = (text: string, why: string): ExclusionsReading => ({
  ok: false,
  message: `'${text.slice(0, 64)}' ${why}; write a date (2026-12-25) or a range with both ends in it (2026-12-24/2027-01-02)`,
});

export function parseExclude(texts: readonly string[]): ExclusionsReading {
  if (texts.length > excludeMax)
    return {
      ok: false,
      message: `a timer excludes at most ${excludeMax} dates and ranges, not ${texts.length}`,
    };
  const ranges: DayRange[] = [];
  for (const text of texts) {
    const found = /^(\d{4}-\d{2}-\d{2})(?:\/(\d{4}-\d{2}-\d{2}))?$/.exec(text);
    if (found === null) return wrong(text, 'is no date');
    const first = dayOf(found[1] ?? '');
    const last = found[2] === undefined ? first : dayOf(found[2]);
    if (first === null || last === null) return wrong(text, 'holds a date that no calendar has');
    if (last < first) return wrong(text, 'ends before it begins');
    ranges.push({ first, last });
  }
  return { ok: true, ranges: merged(ranges) };
}

/** Of `2026-12-25`: whole days since 1970-01-01. Null: no calendar has it. */
export function dayOf(date: string): number | null {
  const moment = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(moment) || new Date(moment).toISOString().slice(0, 10) !== date
    ? null
    : Math.floor(moment / dayMs);
}

function merged(ranges: readonly DayRange[]): DayRange[] {
  const result: DayRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before !== undefined && range.first <= before.last + 1)
      result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    else result.push(range);
  }
  return result;
}

const known = new Map<string, Exclusions>();
const knownMax = 1_000;

/** Of a spec that was validated; null: nothing is excluded. The last thousand are remembered. */
export function exclusionsOf(texts: readonly string[] | undefined, zone: Zone): Exclusions | null {
  if (texts === undefined || texts.length === 0) return null;
  const name = `${zone.name}\n${texts.join()}`;
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const reading = parseExclude(texts);
  if (!reading.ok) throw new Error(reading.message);
  const exclusions = exclusionsIn(reading.ranges, zone);
  if (known.size >= knownMax) known.clear();
  known.set(name, exclusions);
  return exclusions;
}

const exclusionsIn = (ranges: readonly DayRange[], zone: Zone): Exclusions => ({
  stretchAt: (moment) => {
    const day = Math.floor((moment + zone.spanAt(moment).offsetMs) / dayMs);
    const range = ranges.find(({ first, last }) => first <= day && day <= last);
    return range === undefined
      ? null
      : { fromMs: dayStart(zone, range.first), toMs: Math.max(dayStart(zone, range.last + 1), moment + 1) };
  },
});

/** No zone is further from UTC than this. */
const offsetMsMax = 26 * 3_600_000;

/** The first moment of a date in a zone, also where midnight is skipped or comes twice. */
function dayStart(zone: Zone, day: number): number {
  const wall = day * dayMs;
  let from = wall - offsetMsMax;
  for (;;) {
    const span = zone.spanAt(from);
    const start = Math.max(wall - span.offsetMs, from);
    if (start < span.toMs) return start;
    from = span.toMs;
  }
}

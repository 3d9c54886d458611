import { describe, expect, it } from 'vitest';
import { createSchedEventPolicy, type DstPolicy, type EpochMs, type SchedEventPolicy } from '#timer';
import { readZone } from './zone.js';

// Cron ticks against brute force, for every zone there is and every transition from 2016 to 2036.
//
// Two halves. First, the table of offsets that a zone is read as is held against the offsets that the runtime's own
// calendar (Intl) shows: at each transition, and in between. Second, ticks around each transition are held against an oracle
// that goes the other way round: it takes every local time that the fields match, one by one, and asks the table how often
// that time comes. What happens around a transition depends on its moment and on the offsets around it alone, so zones that
// share those share the proof.

const dayMs = 86_400_000;
const [from, until] = [Date.parse('2016-01-01T00:00:00Z'), Date.parse('2037-01-01T00:00:00Z')];
const zoneNames = Intl.supportedValuesOf('timeZone');

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetMs: number;
}
/** The offsets of a zone from 2015 on, as the product reads them. */
function tableOf(name: string): Span[] {
  const reading = readZone(name);
  if (!reading.ok) throw new Error(reading.message);
  const spans: Span[] = [];
  for (let at = from - 365 * dayMs; at < until + 365 * dayMs; at = spans.at(-1)?.toMs ?? until * 2)
    spans.push(reading.zone.spanAt(at));
  return spans;
}
const tables = new Map(zoneNames.map((name) => [name, tableOf(name)]));

/** The offset that the runtime's calendar shows, ms. */
function intlOffsets(name: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  return (moment) => {
    const found = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(format.format(moment));
    const [, sign, hours = 0, minutes = 0, seconds = 0] = found ?? [];
    const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
    return sign === '-' ? -ms : ms;
  };
}

describe('the table of a zone', () => {
  it('shows the offsets of the runtime, before and after each transition and every nine days between, in every zone', () => {
    expect(zoneNames.length).toBeGreaterThan(400);
    const wrong: string[] = [];
    for (const [name, spans] of tables) {
      const shown = intlOffsets(name);
      for (const { fromMs, toMs, offsetMs } of spans) {
        const [first, last] = [Math.max(fromMs, from), Math.min(toMs, until) - 1];
        for (let at = first; at < last; at += 9 * dayMs)
          if (shown(at) !== offsetMs) wrong.push(`${name} ${new Date(at).toISOString()}`);
        if (last > first && shown(last) !== offsetMs) wrong.push(`${name} ${new Date(last).toISOString()}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** Which local dates and minutes of the day an expression means, by hand. */
interface Rule {
  readonly expr: string;
  readonly minutes: readonly number[];
  isDay(date: Date): boolean;
}
const everyDay = (): boolean => true;
const rules: readonly Rule[] = [
  { expr: '30 2 * * *', minutes: [150], isDay: everyDay },
  { expr: '0 0 * * *', minutes: [0], isDay: everyDay },
  { expr: '0 * * * *', minutes: Array.from({ length: 24 }, (_, hour) => hour * 60), isDay: everyDay },
  {
    expr: '15,45 0-3 * * *',
    minutes: [15, 45, 75, 105, 135, 165, 195, 225],
    isDay: everyDay,
  },
  { expr: '59 23 * * *', minutes: [1_439], isDay: everyDay },
  { expr: '30 1 * * SUN', minutes: [90], isDay: (date) => date.getUTCDay() === 0 },
  {
    expr: '0 3 1,25-31 * MON',
    minutes: [180],
    isDay: (date) => date.getUTCDate() === 1 || date.getUTCDate() >= 25 || date.getUTCDay() === 1,
  },
  { expr: '30 0 * 3,10 *', minutes: [30], isDay: (date) => [2, 9].includes(date.getUTCMonth()) },
];
const policies: readonly DstPolicy[] = [
  { gap: 'skip', overlap: 'both' },
  { gap: 'shift', overlap: 'first' },
  { gap: 'skip', overlap: 'second' },
  { gap: 'shift', overlap: 'both' },
];

/** Every local time that the rule means, mapped to the instants at which it comes. */
function bruteForce(
  { minutes, isDay }: Rule,
  dst: DstPolicy,
  spans: readonly Span[],
  start: number,
  end: number,
) {
  const found = new Set<number>();
  for (let day = Math.floor(start / dayMs) - 2; day <= Math.floor(end / dayMs) + 2; day += 1) {
    if (!isDay(new Date(day * dayMs))) continue;
    for (const minute of minutes) {
      for (const instant of instantsOf(day * dayMs + minute * 60_000, dst, spans)) {
        if (instant >= start && instant <= end) found.add(instant);
      }
    }
  }
  return [...found].sort((a, b) => a - b);
}

function instantsOf(wall: number, { gap, overlap }: DstPolicy, spans: readonly Span[]): number[] {
  const instants = spans
    .filter(({ fromMs, toMs, offsetMs }) => wall - offsetMs >= fromMs && wall - offsetMs < toMs)
    .map(({ offsetMs }) => wall - offsetMs)
    .sort((a, b) => a - b);
  if (instants.length === 0 && gap === 'shift') {
    // the span whose clocks have gone past this time when it begins
    const after = spans.find(({ fromMs, offsetMs }) => fromMs + offsetMs > wall);
    return after === undefined ? [] : [after.fromMs];
  }
  if (instants.length < 2 || overlap === 'both') return instants;
  return overlap === 'first' ? instants.slice(0, 1) : instants.slice(-1);
}

function ticksWithin(policy: SchedEventPolicy, start: number, end: number): number[] {
  const ticks: number[] = [];
  let last = (start - 1) as EpochMs;
  const progress = { createTime: last, startAt: null, watermark: last, lastTick: null, closedAt: null };
  for (;;) {
    const next = policy.tickAfter(last, progress);
    if (next === null || next > end) return ticks;
    ticks.push(next);
    last = next;
  }
}

/** The zones and moments to look at: one for each different surrounding of a transition. */
interface Surrounding {
  readonly zone: string;
  readonly spans: readonly Span[];
  readonly transition: number;
}
const reachMs = 30 * 3_600_000;
function surroundings(): Map<number, Surrounding[]> {
  const seen = new Set<string>();
  const byYear = new Map<number, Surrounding[]>();
  for (const [zone, all] of tables) {
    for (const { fromMs } of all) {
      if (fromMs < from || fromMs >= until) continue;
      // every span that can have a say within reach, neighbours of neighbours too
      const spans = all.filter((span) => span.toMs > fromMs - 4 * dayMs && span.fromMs < fromMs + 4 * dayMs);
      const near = ({ fromMs: begin, offsetMs }: Span) =>
        `${Math.max(begin, fromMs - 5 * dayMs)}:${offsetMs}`;
      const name = `${fromMs}|${spans.map(near).join()}`;
      if (seen.has(name)) continue;
      seen.add(name);
      const year = new Date(fromMs).getUTCFullYear();
      byYear.set(year, [...(byYear.get(year) ?? []), { zone, spans, transition: fromMs }]);
    }
  }
  return byYear;
}

const years = surroundings();

describe('cron ticks around every transition', () => {
  it('there are hundreds of different ones', () => {
    expect([...years.keys()].sort()).toEqual(Array.from({ length: 21 }, (_, index) => 2016 + index));
    expect([...years.values()].flat().length).toBeGreaterThan(500);
  });
  it.each([...years.keys()].sort())('%i', (year) => {
    const wrong: unknown[] = [];
    for (const { zone, spans, transition } of years.get(year) ?? []) {
      const [start, end] = [transition - reachMs, transition + reachMs];
      for (const rule of rules) {
        for (const dst of policies) {
          const reading = createSchedEventPolicy('CRON', rule.expr, zone, dst);
          if (!reading.ok) throw new Error(reading.message);
          const ticks = ticksWithin(reading.policy, start, end);
          const expected = bruteForce(rule, dst, spans, start, end);
          if (ticks.join() !== expected.join())
            wrong.push({
              zone,
              expr: rule.expr,
              dst,
              at: new Date(transition).toISOString(),
              ticks,
              expected,
            });
        }
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});

describe('cron ticks far from the last one', () => {
  it('find their way over all the transitions between, in every zone', () => {
    const yearly: Rule = {
      expr: '0 12 15 7 *',
      minutes: [720],
      isDay: (date) => date.getUTCMonth() === 6 && date.getUTCDate() === 15,
    };
    const dst: DstPolicy = { gap: 'skip', overlap: 'both' };
    const wrong: string[] = [];
    for (const [zone, spans] of tables) {
      const reading = createSchedEventPolicy('CRON', yearly.expr, zone, dst);
      if (!reading.ok) throw new Error(reading.message);
      const ticks = ticksWithin(reading.policy, from, until);
      const expected = bruteForce(yearly, dst, spans, from, until);
      if (ticks.length !== 21 || ticks.join() !== expected.join()) wrong.push(zone);
    }
    expect(wrong).toEqual([]);
  });
});

import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { createSchedEventPolicy, type DstPolicy, type EpochMs } from '#timer';

// Cron ticks against brute force: every minute around every transition of a zone is asked for its wall-clock time.
// DST_ZONES=all takes every zone there is.

const sample = [
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Asia/Tehran',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'Asia/Gaza',
  'America/Havana',
];
const zones = process.env.DST_ZONES === 'all' ? Intl.supportedValuesOf('timeZone') : sample;
const expressions = ['30 2 * * *', '0 * * * *', '15,45 0-3 * * *', '0 0 * * *'];
const policies: DstPolicy[] = [
  { gap: 'skip', overlap: 'both' },
  { gap: 'shift', overlap: 'first' },
  { gap: 'skip', overlap: 'second' },
];
const minuteMs = 60_000;
const [from, until] = [Date.parse('2016-01-01T00:00:00Z'), Date.parse('2037-01-01T00:00:00Z')];

function transitions(zone: string): number[] {
  const found: number[] = [];
  let at: Temporal.ZonedDateTime | null =
    Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
  for (;;) {
    at = at.getTimeZoneTransition('next');
    if (at === null || at.epochMilliseconds >= until) return found;
    found.push(at.epochMilliseconds);
  }
}

const offsetAt = (zone: string, ms: number): number =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;

/** The rule of a field list, by hand: minutes and hours only, which is all that the expressions use. */
function matches(expr: string, wallMs: number): boolean {
  const wall = new Date(wallMs);
  const fits = (field: string | undefined, value: number): boolean =>
    field === '*' ||
    (field ?? '').split(',').some((part) => {
      const [low = 0, high = low] = part.split('-').map(Number);
      return value >= low && value <= high;
    });
  const [minute, hour] = expr.split(' ');
  return fits(minute, wall.getUTCMinutes()) && fits(hour, wall.getUTCHours());
}

/** Every instant of a window at which the expression should fire. */
function bruteForce(
  expr: string,
  zone: string,
  { gap, overlap }: DstPolicy,
  start: number,
  end: number,
  transition: number,
): number[] {
  const [before, after] = [offsetAt(zone, transition - 1), offsetAt(zone, transition)];
  const change = after - before;
  const result: number[] = [];
  for (let instant = start; instant <= end; instant += minuteMs) {
    const wall = instant + (instant < transition ? before : after);
    const isFirst = change < 0 && instant < transition && instant >= transition + change;
    const isSecond = change < 0 && instant >= transition && instant < transition - change;
    const isLeftOut = (isFirst && overlap === 'second') || (isSecond && overlap === 'first');
    if (matches(expr, wall) && !isLeftOut) result.push(instant);
  }
  if (change > 0 && gap === 'shift' && !result.includes(transition)) {
    for (let wall = transition + before; wall < transition + after; wall += minuteMs) {
      if (matches(expr, wall)) {
        result.push(transition);
        break;
      }
    }
  }
  return result.sort((a, b) => a - b);
}

describe('cron ticks around every transition from 2016 to 2036', () => {
  it.each(zones)('%s', (zone) => {
    const all = transitions(zone);
    for (const [index, transition] of all.entries()) {
      // zones with two transitions within two days would need two of them in the model
      const isAlone =
        transition - (all[index - 1] ?? 0) > 4 * 86_400_000 &&
        (all[index + 1] ?? Number.POSITIVE_INFINITY) - transition > 4 * 86_400_000;
      if (!isAlone) continue;
      const [start, end] = [transition - 30 * 3_600_000, transition + 30 * 3_600_000];
      for (const expr of expressions) {
        for (const dst of policies) {
          const reading = createSchedEventPolicy('CRON', expr, zone, dst);
          if (!reading.ok) throw new Error(reading.message);
          const ticks: number[] = [];
          let last = (start - 1) as EpochMs;
          for (;;) {
            const next = reading.policy.tickAfter(last, {
              createTime: last,
              startAt: null,
              watermark: last,
              lastTick: null,
              closedAt: null,
            });
            if (next === null || next > end) break;
            ticks.push(next);
            last = next;
          }
          const where = `${zone} ${expr} ${dst.gap}/${dst.overlap} ${new Date(transition).toISOString()}`;
          expect([where, ticks]).toEqual([where, bruteForce(expr, zone, dst, start, end, transition)]);
        }
      }
    }
  });
});

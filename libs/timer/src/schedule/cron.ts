import type { EpochMs } from '../brand.js';
import type { DstPolicy } from '../spec.js';
import { parseDuration } from './duration.js';
import { type CronField, WallCron, type WallTicks } from './wall-cron.js';
import { readZone, type Zone } from './zone.js';

// Wall-clock times come from the field list alone; which instants they are, and what becomes of times that a zone skips or
// repeats, is decided here, span by span.

export type CronSchedule =
  | { readonly kind: 'every'; readonly intervalMs: number; readonly zone: Zone | null }
  | { readonly kind: 'wall'; readonly wall: WallTicks; readonly zone: Zone | null };
export type CronReading =
  | { readonly ok: true; readonly cron: CronSchedule }
  | { readonly ok: false; readonly message: string };

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const macroNames = `${Object.keys(macros).join(', ')}, @every 90s`;
/** A date that does not come within this time never comes (30 February). */
const searchMs = 5 * 366 * 86_400_000;

const exprLengthMax = 256;

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const days = 'sun|mon|tue|wed|thu|fri|sat';
const fieldRules = [
  { name: 'second', min: 0, max: 59, names: '' },
  { name: 'minute', min: 0, max: 59, names: '' },
  { name: 'hour', min: 0, max: 23, names: '' },
  { name: 'day of month', min: 1, max: 31, names: '' },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of week', min: 0, max: 6, names: days },
] as const;

const wrong = (expr: string, why: string): CronReading => ({
  ok: false,
  message: `invalid cron expr '${expr.slice(0, 64)}': ${why}`,
});

/** 5 fields, 6 with seconds first, a macro or `@every <duration>`; `CRON_TZ=<zone> ` before it overrides the timer's zone. */
export function parseCron(expr: string): CronReading {
  if (expr.length > exprLengthMax) return wrong(expr, `it is longer than ${exprLengthMax} characters`);
  const prefixed = /^(?:CRON_TZ|TZ)=(\S*)\s+(.*)$/s.exec(expr);
  if (prefixed === null && /^(?:CRON_TZ|TZ)=/.test(expr)) return wrong(expr, 'nothing follows the zone');
  const body = (prefixed?.[2] ?? expr).trim();
  const zone = prefixed === null ? null : readZone(prefixed[1] ?? '');
  if (zone !== null && (!zone.ok || prefixed?.[1] === ''))
    return wrong(expr, zone.ok ? 'the zone is empty' : zone.message);
  if (body.startsWith('@every')) return parseEvery(expr, body, zone === null ? null : zone.zone);
  const text = body.startsWith('@') ? macros[body.toLowerCase()] : body;
  if (text === undefined) return wrong(expr, `unknown macro ${body.slice(0, 32)}; one of ${macroNames}`);
  return parseFields(expr, text, zone === null ? null : zone.zone);
}

function parseEvery(expr: string, body: string, zone: Zone | null): CronReading {
  const reading = parseDuration(body.slice('@every'.length).trim());
  if (!reading.ok) return wrong(expr, reading.message);
  // as the field does it: whole seconds, at least one
  return {
    ok: true,
    cron: { kind: 'every', intervalMs: Math.max(1_000, Math.floor(reading.ms / 1_000) * 1_000), zone },
  };
}

function parseFields(expr: string, text: string, zone: Zone | null): CronReading {
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5 && fields.length !== 6) {
    return wrong(
      expr,
      `expected 5 fields (minute hour day month weekday) or 6 (second first), found ${fields.length}`,
    );
  }
  const six = fields.length === 6 ? fields : ['0', ...fields];
  for (const [index, field] of six.entries()) {
    const problem = fieldProblem(field, index);
    if (problem !== null) return wrong(expr, problem);
  }
  const [second, minute, hour, dayOfMonth, month, dayOfWeek] = six.map((field, index) =>
    fieldOf(field, index),
  );
  if (!second || !minute || !hour || !dayOfMonth || !month || !dayOfWeek)
    return wrong(expr, 'a field is missing');
  const wall = new WallCron({ second, minute, hour, dayOfMonth, month, dayOfWeek });
  return { ok: true, cron: { kind: 'wall', wall, zone } };
}

/** What a field matches; it has passed `fieldProblem`. `N/step` goes from N to the end. */
function fieldOf(field: string, index: number): CronField | null {
  const rule = fieldRules[index];
  if (rule === undefined) return null;
  const values = new Set<number>();
  let isAny = false;
  for (const item of field.split(',')) {
    const [, whole, from, to, stepText] = itemPattern.exec(item) ?? [];
    const step = stepText === undefined ? 1 : Number(stepText);
    const isStar = whole === '*' || whole === '?';
    if (isStar && step === 1) isAny = true;
    const low = isStar ? rule.min : (fieldValue(from, rule) ?? rule.min);
    const high =
      isStar || (to === undefined && stepText !== undefined) ? rule.max : (fieldValue(to, rule) ?? low);
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return { values, isAny };
}

const itemPattern = /^(\*|\?|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/i;

/** The dialect is fenced here: no `L`, `W`, `#`, `H`, weekday 7 or reversed range. */
function fieldProblem(field: string, index: number): string | null {
  const rule = fieldRules[index];
  if (rule === undefined) return 'too many fields';
  for (const item of field.split(',')) {
    const found = itemPattern.exec(item);
    if (found === null) return `'${item.slice(0, 32)}' is not a ${rule.name}`;
    const [, , from, to, step] = found;
    if (step !== undefined && Number(step) < 1) return `the step of ${rule.name} must be at least 1`;
    const [low, high] = [fieldValue(from, rule), fieldValue(to, rule)];
    if (low === null || high === null)
      return `${rule.name} '${item.slice(0, 32)}' is outside ${rule.min}–${rule.max}`;
    if (low !== undefined && high !== undefined && low > high)
      return `the range '${item}' of ${rule.name} is reversed`;
  }
  return null;
}

function fieldValue(
  text: string | undefined,
  { min, max, names }: (typeof fieldRules)[number],
): number | null | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) >= min && Number(text) <= max ? Number(text) : null;
  const place = names.split('|').indexOf(text.toLowerCase());
  return names === '' || place === -1 ? null : place + min;
}

/** The wall-clock times behind the ticks; null: the ticks count elapsed time. */
export const wallTicksOf = (cron: CronSchedule): WallTicks | null =>
  cron.kind === 'wall' ? cron.wall : null;

/** The first tick strictly after a moment; null: none within five years. */
export function nextCronTick(
  cron: CronSchedule,
  timerZone: Zone,
  dst: DstPolicy,
  after: EpochMs,
): EpochMs | null {
  if (cron.kind === 'every') return (Math.floor(after / 1_000) * 1_000 + cron.intervalMs) as EpochMs;
  return nextWallTick(cron.wall, cron.zone ?? timerZone, dst, after);
}

function nextWallTick(wall: WallTicks, zone: Zone, dst: DstPolicy, after: EpochMs): EpochMs | null {
  const limit = after + searchMs;
  let from: number = after;
  while (from < limit) {
    const span = zone.spanAt(from);
    const next = wall.after(from + span.offsetMs, span.toMs + span.offsetMs);
    const instant = next === null ? Number.POSITIVE_INFINITY : next - span.offsetMs;
    if (instant >= span.toMs) {
      const first = span.toMs >= limit ? null : tickAtTransition(wall, zone, dst, span.toMs);
      if (first !== null) return first;
      from = span.toMs;
    } else {
      const pass = repeatedUntil(zone, dst, instant);
      if (pass === null) return instant > limit ? null : (instant as EpochMs);
      from = pass;
    }
  }
  return null;
}

/** A tick that the zone skips and the policy shifts lands on the transition; so may one of the new span's own. */
function tickAtTransition(wall: WallTicks, zone: Zone, dst: DstPolicy, atMs: number): EpochMs | null {
  if (dst.gap === 'shift' && skipsTick(wall, zone, atMs)) return atMs as EpochMs;
  return firstOfSpan(wall, zone, dst, atMs);
}

/** A tick exactly at the first moment of a span; `next` is strictly-after, so it needs a question of its own. */
function firstOfSpan(wall: WallTicks, zone: Zone, dst: DstPolicy, startMs: number): EpochMs | null {
  const { offsetMs } = zone.spanAt(startMs);
  const start = startMs + offsetMs;
  if (wall.after(start - 1, start + 1) !== start) return null;
  return repeatedUntil(zone, dst, startMs) === null ? (startMs as EpochMs) : null;
}

/** Whether some tick falls into the wall-clock times that the transition at `atMs` skips. */
function skipsTick(wall: WallTicks, zone: Zone, atMs: number): boolean {
  const [before, after] = [zone.spanAt(atMs - 1).offsetMs, zone.spanAt(atMs).offsetMs];
  if (after <= before) return false;
  return wall.after(atMs + before - 1, atMs + after) !== null;
}

/**
 * Null: this instant counts. Otherwise its wall-clock time occurs twice and the policy takes the other one; the answer
 * is the last moment of the stretch that is passed over.
 */
function repeatedUntil(zone: Zone, { overlap }: DstPolicy, instant: number): number | null {
  if (overlap === 'both') return null;
  const span = zone.spanAt(instant);
  if (overlap === 'first' && span.fromMs !== Number.NEGATIVE_INFINITY) {
    const back = zone.spanAt(span.fromMs - 1).offsetMs - span.offsetMs;
    if (back > 0 && instant < span.fromMs + back) return span.fromMs + back - 1;
  }
  if (overlap === 'second' && span.toMs !== Number.POSITIVE_INFINITY) {
    const back = span.offsetMs - zone.spanAt(span.toMs).offsetMs;
    if (back > 0 && instant >= span.toMs - back) return span.toMs - 1;
  }
  return null;
}

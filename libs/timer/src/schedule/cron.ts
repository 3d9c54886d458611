import { type CronExpression, CronExpressionParser } from 'cron-parser';
import type { EpochMs } from '../brand.js';
import type { DstPolicy } from '../spec.js';
import { parseDuration } from './duration.js';
import { readZone, type Zone } from './zone.js';

// Wall-clock times come from cron-parser, enumerated as if the zone were UTC; which instants they are, and what becomes
// of times that a zone skips or repeats, is decided here, span by span. cron-parser's own zone handling has open faults
// at transitions, so it never sees a zone.

export type CronSchedule =
  | { readonly kind: 'every'; readonly intervalMs: number; readonly zone: Zone | null }
  | { readonly kind: 'wall'; readonly expression: CronExpression | null; readonly zone: Zone | null };
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
/** A date that does not come within this time never comes (30 February). */
const searchMs = 5 * 366 * 86_400_000;

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
  const prefixed = /^(?:CRON_TZ|TZ)=(\S*)\s+(.*)$/s.exec(expr);
  if (prefixed === null && /^(?:CRON_TZ|TZ)=/.test(expr)) return wrong(expr, 'nothing follows the zone');
  const body = (prefixed?.[2] ?? expr).trim();
  const zone = prefixed === null ? null : readZone(prefixed[1] ?? '');
  if (zone !== null && (!zone.ok || prefixed?.[1] === ''))
    return wrong(expr, zone.ok ? 'the zone is empty' : zone.message);
  if (body.startsWith('@every')) return parseEvery(expr, body, zone === null ? null : zone.zone);
  const text = body.startsWith('@') ? macros[body.toLowerCase()] : body;
  if (text === undefined) return wrong(expr, `unknown macro ${body.slice(0, 32)}`);
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
  try {
    const plain = six.map((field) => field.replaceAll('?', '*')).join(' ');
    return {
      ok: true,
      cron: { kind: 'wall', expression: CronExpressionParser.parse(plain, { tz: 'UTC' }), zone },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // a date that no calendar has: valid, and never
    if (message === 'Invalid explicit day of month definition')
      return { ok: true, cron: { kind: 'wall', expression: null, zone } };
    return wrong(expr, message);
  }
}

/** The dialect is fenced here: no `L`, `W`, `#`, `H`, weekday 7 or reversed range gets through to the library. */
function fieldProblem(field: string, index: number): string | null {
  const rule = fieldRules[index];
  if (rule === undefined) return 'too many fields';
  for (const item of field.split(',')) {
    const found = /^(\*|\?|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/i.exec(item);
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

/** The wall-clock times of an expression, whatever a zone makes of them: epoch ms read as UTC. */
export interface WallTicks {
  /** The first one strictly after a wall-clock time; null: none comes. */
  after(wallMs: number): number | null;
}

export function wallTicksOf(cron: CronSchedule): WallTicks | null {
  if (cron.kind === 'every' || cron.expression === null) return null;
  const { expression } = cron;
  return { after: (wallMs) => nextWall(expression, wallMs) };
}

/** The first tick strictly after a moment; null: none within five years. */
export function nextCronTick(
  cron: CronSchedule,
  timerZone: Zone,
  dst: DstPolicy,
  after: EpochMs,
): EpochMs | null {
  if (cron.kind === 'every') return (Math.floor(after / 1_000) * 1_000 + cron.intervalMs) as EpochMs;
  if (cron.expression === null) return null;
  return nextWallTick(cron.expression, cron.zone ?? timerZone, dst, after);
}

function nextWallTick(
  expression: CronExpression,
  zone: Zone,
  dst: DstPolicy,
  after: EpochMs,
): EpochMs | null {
  const limit = after + searchMs;
  let from: number = after;
  while (from < limit) {
    const span = zone.spanAt(from);
    const wall = nextWall(expression, from + span.offsetMs);
    const instant = wall === null ? Number.POSITIVE_INFINITY : wall - span.offsetMs;
    if (instant >= span.toMs) {
      const first = span.toMs >= limit ? null : tickAtTransition(expression, zone, dst, span.toMs);
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
function tickAtTransition(
  expression: CronExpression,
  zone: Zone,
  dst: DstPolicy,
  atMs: number,
): EpochMs | null {
  if (dst.gap === 'shift' && skipsTick(expression, zone, atMs)) return atMs as EpochMs;
  return firstOfSpan(expression, zone, dst, atMs);
}

/** A tick exactly at the first moment of a span; `next` is strictly-after, so it needs a question of its own. */
function firstOfSpan(
  expression: CronExpression,
  zone: Zone,
  dst: DstPolicy,
  startMs: number,
): EpochMs | null {
  const { offsetMs } = zone.spanAt(startMs);
  if (nextWall(expression, startMs + offsetMs - 1) !== startMs + offsetMs) return null;
  return repeatedUntil(zone, dst, startMs) === null ? (startMs as EpochMs) : null;
}

/** Whether some tick falls into the wall-clock times that the transition at `atMs` skips. */
function skipsTick(expression: CronExpression, zone: Zone, atMs: number): boolean {
  const [before, after] = [zone.spanAt(atMs - 1).offsetMs, zone.spanAt(atMs).offsetMs];
  if (after <= before) return false;
  const wall = nextWall(expression, atMs + before - 1);
  return wall !== null && wall < atMs + after;
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

/** Wall-clock times are epoch ms read as UTC. The library gives up on dates that never come by throwing. */
function nextWall(expression: CronExpression, afterWall: number): number | null {
  try {
    expression.reset(new Date(afterWall));
    return expression.next().getTime();
  } catch {
    return null;
  }
}

import type { EpochMs } from './brand.js';
import type { TimerEvent } from './event.js';
import { momentText } from './moment-text.js';

// The stored and published form of an event: JSON with moments as RFC 3339 text in UTC with milliseconds. Field names
// of moments are unique in meaning across all events, so one set of names serves at any depth.
const momentFields = new Set([
  'resumedAt',
  'closedAt',
  'endedAt',
  'at',
  'nextFireAt',
  'nextTick',
  'watermark',
  'watermarkBefore',
  'scheduledFor',
  'startedAt',
  'first',
  'last',
  'startAt',
  'endAt',
  'createTime',
  'lastTick',
  'lastTickBefore',
  'pausedAt',
  'requestedAt',
  'waitingTick',
  'since',
  'until',
]);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function mapMoments(
  value: Record<string, unknown>,
  convert: (moment: unknown) => unknown,
): Record<string, unknown> {
  const mapped: Record<string, unknown> = {};
  for (const name in value) {
    const field = value[name];
    if (momentFields.has(name)) mapped[name] = convert(field);
    else if (isRecord(field)) mapped[name] = mapMoments(field, convert);
    else if (Array.isArray(field) && isRecord(field[0]))
      mapped[name] = field.map((item: Record<string, unknown>) => mapMoments(item, convert));
    else mapped[name] = field;
  }
  return mapped;
}

const toText = (moment: unknown): unknown =>
  typeof moment === 'number' ? momentText(moment as EpochMs) : moment;
const fromText = (moment: unknown): unknown => (typeof moment === 'string' ? Date.parse(moment) : moment);

/** Lone surrogates and NUL in payloads become JSON escapes, so the text is valid UTF-8 and loses nothing. */
export const eventToJson = (event: TimerEvent): string =>
  JSON.stringify(mapMoments(event as unknown as Record<string, unknown>, toText));

/** Reads what `eventToJson` wrote. History is trusted: nothing is validated here. */
export const eventFromJson = (text: string): TimerEvent =>
  mapMoments(JSON.parse(text) as Record<string, unknown>, fromText) as unknown as TimerEvent;

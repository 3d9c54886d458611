import { z } from 'zod';
import {
  durationMs,
  type EpochMs,
  type EventId,
  isUnclaimed,
  type Payload,
  type TimerId,
  type TimerState,
} from '#timer';
import { cloudEventHeaders } from './cloud-events.js';
import { momentText } from './fields.js';

export interface WireRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const dueTypes = {
  due: 'carillon.timer.due',
  ask: 'carillon.timer.ask',
  dead: 'carillon.timer.dead',
} as const;
export type DueKind = keyof typeof dueTypes;

const text = (name: string, payload: Payload | null) =>
  payload === null
    ? {}
    : {
        [name]: payload.text,
        ...(payload.encoding !== undefined && { [`${name}Encoding`]: payload.encoding }),
      };

function body(state: TimerState): Record<string, unknown> {
  const { id, spec, open, version } = state;
  if (open === null) throw new Error(`timer ${id} has no open event to tell of`);
  return {
    eventId: open.eventId,
    attempt: open.attempt,
    ...(open.attemptsBefore > 0 && { attemptsBefore: open.attemptsBefore }),
    ...(isUnclaimed(state, open) && { unclaimed: true }),
    timer: {
      id,
      namespace: spec.namespace,
      key: spec.key,
      hookClass: spec.hookClass,
      tags: spec.tags,
      version,
      ...text('data', spec.data),
      ...text('summaryData', state.summary),
      ...(state.watermark !== null && { watermark: momentText(state.watermark) }),
    },
    scheduledFor: momentText(open.scheduledFor),
    startedAt: momentText(open.startedAt),
    ...(state.nextFireAt !== null && { deadline: momentText(state.nextFireAt) }),
    ackTimeoutMs: durationMs(spec.ackTimeout),
    ...(open.manualRequestId !== null && { manualRequestId: open.manualRequestId }),
    ...text('eventData', open.data),
  };
}

function wireRecord(
  kind: DueKind,
  state: TimerState,
  value: Record<string, unknown>,
  time: EpochMs,
): WireRecord {
  const { id, spec, open, version } = state;
  const key = `${spec.namespace}/${spec.key}`;
  return {
    key,
    value: JSON.stringify(value),
    headers: cloudEventHeaders({
      // the same for a repeated emission, another one for another attempt
      id: `${open?.eventId}/${open?.attempt}/${kind}`,
      type: dueTypes[kind],
      subject: encodeURI(key),
      time: momentText(time),
      timerId: id,
      timerVersion: version,
      traceparent: state.trace?.event ?? null,
    }),
  };
}

/** A due event, or the question before it. */
export function dueRecord(kind: 'due' | 'ask', state: TimerState): WireRecord {
  return wireRecord(kind, state, body(state), state.open?.startedAt ?? state.createTime);
}

/** What was given up: the event as it was, with how it ended. */
export function deadRecord(
  before: TimerState,
  givenUp: { readonly at: EpochMs; readonly error: string | null },
): WireRecord {
  const { deadline: _deadline, unclaimed: _unclaimed, ...event } = body(before);
  const value = {
    ...event,
    attempts: before.open?.attempt ?? 0,
    givenUpAt: momentText(givenUp.at),
    ...(givenUp.error !== null && { error: givenUp.error }),
  };
  return wireRecord('dead', before, value, givenUp.at);
}

const dueEvent = z.object({
  eventId: z.string().transform((id) => id as EventId),
  attempt: z.number().int().positive(),
  attemptsBefore: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('attempts before this one that the retry policy does not count; absent: it counts all'),
  unclaimed: z
    .literal(true)
    .optional()
    .describe(
      'an offer of a timer that needs a claim: nobody has claimed this attempt. It comes again, the same attempt, until somebody does',
    ),
  timer: z.object({
    id: z.string().transform((id) => id as TimerId),
    namespace: z.string(),
    key: z.string(),
    hookClass: z.string(),
    tags: z.array(z.string()),
    version: z.number().int(),
    data: z.string().optional(),
    dataEncoding: z.literal('base64').optional(),
    summaryData: z.string().optional(),
    summaryDataEncoding: z.literal('base64').optional(),
    watermark: z.string().optional(),
  }),
  scheduledFor: z.string(),
  startedAt: z.string(),
  deadline: z.string().optional(),
  ackTimeoutMs: z.number(),
  manualRequestId: z.string().optional(),
  eventData: z.string().optional(),
  eventDataEncoding: z.literal('base64').optional(),
});
/** A due event as a hook service receives it. Moments are RFC 3339 text. */
export type DueEvent = z.output<typeof dueEvent>;
export const deadEvent = dueEvent.omit({ unclaimed: true }).extend({
  attempts: z.number(),
  givenUpAt: z.string(),
  error: z.string().optional(),
});
export const dueEventSchema = dueEvent;

export type ParsedDue =
  | {
      readonly ok: true;
      readonly kind: 'due' | 'ask';
      readonly event: DueEvent;
      /** W3C trace context of its sending; absent: none. */
      readonly traceparent?: string;
    }
  | { readonly ok: false; readonly reason: string };

/** What `parseDueRecord` reads. */
export const dueHeaders = ['ce_type', 'traceparent'] as const;

/** Never throws. */
export function parseDueRecord(record: {
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
}): ParsedDue {
  const type = record.headers.ce_type?.toString();
  const kind = type === dueTypes.ask ? 'ask' : 'due';
  try {
    const event = dueEvent.parse(JSON.parse(record.value?.toString('utf8') ?? 'null'));
    const traceparent = record.headers.traceparent?.toString('latin1');
    return { ok: true, kind, event, ...(traceparent !== undefined && { traceparent }) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

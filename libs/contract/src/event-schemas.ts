import { z } from 'zod';
import { schedPolicyTypes, type TimerEvent, type TimerEventType } from '#timer';

// Log events as `eventToJson` writes them and the change feed ships them: one schema each. Nothing is validated on the way
// out, history is trusted; the schemas are for readers, and the compiler holds them to the domain's events.

/** The stored form of a type: moments as RFC 3339 text, ids as plain text. */
type Stored<T> = T extends { readonly __brand: string }
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Stored<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Stored<T[Name]> }
      : T;
export type EventJson<T extends TimerEventType = TimerEventType> = Stored<Extract<TimerEvent, { type: T }>>;

const moment = z.iso.datetime({ precision: 3 }).describe('RFC 3339 in UTC with milliseconds');
const uuid = z.guid();
const count = z.int().nonnegative();
const payload = z.object({ text: z.string(), encoding: z.literal('base64').exactOptional() });
const rule = z.object({
  policy: z.enum(['latest', 'all', 'skip']),
  max: z.int().positive().exactOptional(),
  within: z.string().exactOptional(),
});

const retry = z.object({
  maxAttempts: count,
  backoff: z.enum(['exponential', 'fixed']),
  min: z.string(),
  max: z.string(),
  jitter: z.boolean(),
  countUnheard: z.boolean().exactOptional(),
});
const preSchedule = z.object({
  enable: z.boolean(),
  timeout: z.string(),
  onTimeout: z.enum(['fire', 'skip']),
});
const parent = z.object({ timerId: uuid, key: z.string(), n: count });
const spawn = z.object({
  timer: z.object({
    hookClass: z.string(),
    tags: z.array(z.string()),
    data: payload.nullable(),
    ackTimeout: z.string(),
    retry,
    preSchedule,
    maxPause: z.string().nullable(),
    needsClaim: z.boolean(),
    keepFor: z.string().nullable(),
  }),
  overlap: z.enum(['skip', 'queueOne', 'allow']),
  openMax: count,
});

const spec = z.object({
  namespace: z.string(),
  key: z.string(),
  hookClass: z.string(),
  tags: z.array(z.string()),
  data: payload.nullable(),
  timeZone: z.string(),
  schedPolicyType: z.enum(schedPolicyTypes),
  schedPolicyExpr: z.string(),
  enable: z.boolean(),
  startAt: moment.nullable(),
  endAt: moment.nullable(),
  maxFires: z.int().nullable(),
  jitter: z.string().nullable(),
  exclude: z.array(z.string()).exactOptional(),
  dst: z.object({ gap: z.enum(['skip', 'shift']), overlap: z.enum(['first', 'second', 'both']) }),
  missed: z.object({ serviceDown: rule, paused: rule, createdLate: rule }),
  ackTimeout: z.string(),
  retry,
  preSchedule,
  maxPause: z.string().nullable(),
  needsClaim: z.boolean().exactOptional(),
  keepFor: z.string().nullable().exactOptional(),
  spawn: spawn.nullable().exactOptional(),
  parent: parent.exactOptional(),
});
/** What an update changed. */
const specChange = z.object(
  Object.fromEntries(Object.entries(spec.shape).map(([name, field]) => [name, z.exactOptional(field)])) as {
    [Name in keyof typeof spec.shape]: z.ZodExactOptional<(typeof spec.shape)[Name]>;
  },
);

const endedReason = z.enum(['done', 'end-at', 'max-fires', 'no-next-time', 'cancelled']);
const state = z.object({
  id: uuid,
  spec,
  version: count,
  createTime: moment,
  watermark: moment.nullable(),
  lastTick: moment.nullable(),
  nextTick: moment.nullable(),
  nextFireAt: moment.nullable(),
  fires: count,
  summary: payload.nullable(),
  open: z
    .object({
      phase: z.enum(['asking', 'delayed', 'answered', 'delivered', 'retrying']),
      eventId: uuid,
      attempt: count,
      attemptsBefore: count,
      handedBack: z.literal(true).optional(),
      scheduledFor: moment,
      startedAt: moment,
      watermarkBefore: moment.nullable(),
      lastTickBefore: moment.optional(),
      data: payload.nullable(),
      manualRequestId: z.string().nullable(),
      worker: z.string().nullable(),
      claimed: z.boolean(),
      progress: payload.nullable(),
      lastError: z.string().nullable(),
    })
    .nullable(),
  manual: z
    .object({
      requestId: z.string(),
      requestedAt: moment,
      timeoutMs: count,
      processed: z.boolean(),
      eventId: uuid.nullable(),
    })
    .nullable(),
  pausedAt: moment.nullable(),
  pausedBy: z.array(z.object({ token: z.string(), at: moment })),
  resumedAt: moment.nullable(),
  wasDisabled: z.literal(true).optional(),
  closedAt: moment.nullable(),
  fault: z.string().nullable(),
  givenUp: z
    .object({
      eventId: uuid,
      attempt: count,
      scheduledFor: moment,
      startedAt: moment,
      data: payload.nullable(),
      error: z.string().nullable(),
      at: moment,
    })
    .nullable(),
  endedReason: endedReason.nullable(),
  endedAt: moment.optional(),
  outcome: z
    .object({
      eventId: uuid,
      attempt: count,
      worker: z.string().nullable(),
      closedAt: moment,
      result: payload.nullable(),
      error: z.string().nullable(),
    })
    .optional(),
  children: z.array(uuid).exactOptional(),
  waitingTick: moment.nullable().exactOptional(),
  lease: z
    .object({ holder: z.string(), token: count, until: moment, since: moment })
    .nullable()
    .exactOptional(),
  recent: z.array(z.object({ commandId: uuid, version: count, isAnswer: z.literal(true).exactOptional() })),
  trace: z
    .object({
      cause: z.string().exactOptional(),
      isCauseSpent: z.literal(true).exactOptional(),
      event: z.string().exactOptional(),
    })
    .optional()
    .describe(
      'W3C trace contexts: of the command that asked for an event, of what was sent for the open one',
    ),
});

const fact = {
  at: moment,
  nextFireAt: moment.nullable().describe('what the one clock of the timer shows after it'),
};
const nextTick = moment.nullable();
const lease = { holder: z.string(), token: count };
/** Of a fact that planned the next tick. */
const planned = {
  nextTick,
  tz: z.string().describe('edition of the zone data, where the tick depends on a named zone').exactOptional(),
};
const end = { reason: endedReason, parent: parent.exactOptional() };
/** Of a fact that may end the timer as well; no `TimerEnded` follows then. */
const ending = { ended: z.object(end).exactOptional() };
const ofEvent = { ...fact, eventId: uuid, attempt: count };
const event = <T extends TimerEventType, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...shape });

export const eventSchemas = {
  TimerCreated: event('TimerCreated', {
    ...fact,
    timerId: uuid,
    spec,
    watermark: moment.nullable(),
    summary: payload.nullable(),
    ...planned,
  }),
  TimerUpdated: event('TimerUpdated', {
    ...fact,
    spec: specChange,
    watermark: moment.nullable().exactOptional(),
    summary: payload.nullable().exactOptional(),
    ...planned,
  }),
  TimerDeleted: event('TimerDeleted', {
    ...fact,
    parent: parent.exactOptional(),
    archived: z.literal(true).exactOptional(),
  }),
  TimerPaused: event('TimerPaused', { ...fact, token: z.string().exactOptional() }),
  TimerResumed: event('TimerResumed', {
    ...fact,
    by: z.enum(['command', 'limit']),
    token: z.string().exactOptional(),
    nextTick,
  }),
  TimerExpired: event('TimerExpired', { ...fact, nextTick: moment }),
  TimerEnded: event('TimerEnded', { ...fact, ...end }),
  TimerFaulted: event('TimerFaulted', { ...fact, reason: z.string() }),
  TimerSnapshotted: event('TimerSnapshotted', { ...fact, state }),
  ManualTriggerRequested: event('ManualTriggerRequested', {
    ...fact,
    requestId: z.string(),
    timeoutMs: count,
  }),
  ManualTriggerTimedOut: event('ManualTriggerTimedOut', { ...fact, requestId: z.string() }),
  TicksDropped: event('TicksDropped', {
    ...fact,
    reason: z.enum([
      'missed-policy',
      'paused',
      'disabled',
      'created-late',
      'pre-schedule-timeout',
      'overlap',
      'end-at',
      'excluded',
    ]),
    first: moment,
    last: moment,
    count,
    countIsExact: z.boolean(),
    ...planned,
  }),
  TickQueued: event('TickQueued', { ...fact, scheduledFor: moment, ...planned }),
  ChildSpawned: event('ChildSpawned', {
    ...fact,
    childId: uuid,
    childKey: z.string(),
    n: count,
    scheduledFor: moment,
  }),
  ChildEnded: event('ChildEnded', { ...fact, childId: uuid }),
  LeaseAcquired: event('LeaseAcquired', { ...fact, ...lease, until: moment }),
  LeaseRenewed: event('LeaseRenewed', { ...fact, ...lease, until: moment }),
  LeaseReleased: event('LeaseReleased', { ...fact, ...lease }),
  PreScheduleAsked: event('PreScheduleAsked', {
    ...ofEvent,
    scheduledFor: moment,
    manualRequestId: z.string().nullable(),
  }),
  PreScheduleDelayed: event('PreScheduleDelayed', ofEvent),
  PreScheduleAnswered: event('PreScheduleAnswered', { ...ofEvent, eventData: payload.nullable() }),
  EventTriggered: event('EventTriggered', {
    ...ofEvent,
    scheduledFor: moment,
    startedAt: moment,
    eventData: payload.nullable(),
    manualRequestId: z.string().nullable(),
    lastTick: moment
      .exactOptional()
      .describe('the last tick before this one that is settled; absent: the watermark covers it'),
  }),
  EventRedelivered: event('EventRedelivered', {
    ...ofEvent,
    reason: z.enum(['ack-timeout', 'retry', 'unclaimed', 'unheard', 'handed-back', 'redriven']),
  }),
  EventRetryScheduled: event('EventRetryScheduled', {
    ...ofEvent,
    error: z.string().nullable(),
    data: payload.exactOptional(),
    handedBack: z.literal(true).exactOptional(),
  }),
  EventExtended: event('EventExtended', {
    ...ofEvent,
    worker: z.string().nullable(),
    progress: payload.nullable(),
  }),
  EventClaimed: event('EventClaimed', { ...ofEvent, worker: z.string() }),
  EventClosed: event('EventClosed', {
    ...ofEvent,
    watermark: moment.nullable(),
    summary: payload.nullable().exactOptional(),
    result: payload.nullable().exactOptional(),
    ...planned,
    ...ending,
  }),
  EventGivenUp: event('EventGivenUp', {
    ...ofEvent,
    watermark: moment.nullable(),
    error: z.string().nullable(),
    reason: z.literal('attempts-exhausted'),
    ...planned,
    ...ending,
  }),
  EventCancelled: event('EventCancelled', { ...ofEvent, error: z.string().nullable() }),
  EventRedriven: event('EventRedriven', ofEvent),
  EventRecalled: event('EventRecalled', {
    ...ofEvent,
    nextTick: moment.nullable(),
    manualRequestId: z.string().exactOptional().describe('it was one by hand, whose request is made anew'),
  }),
} satisfies { readonly [T in TimerEventType]: z.ZodType<EventJson<T>> };

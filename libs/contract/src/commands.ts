import { z } from 'zod';
import { duration, encoding, eventId, moment, payload, uuid } from './fields.js';
import { timerChange, timerInput } from './timer-input.js';

const addressed = {
  id: uuid.describe('chosen by the sender; the same id again gets the first outcome again'),
  namespace: z.string().optional().describe('with key, which timer; both may be left to the record key'),
  key: z.string().optional(),
  timerId: uuid.optional().describe('stands for namespace and key'),
  check: z
    .strictObject({
      version: z.number().int().optional(),
      eventId: eventId.optional(),
      unclaimed: z.literal(true).optional(),
      live: z.literal(true).optional(),
    })
    .optional(),
};
export const recall = z
  .literal(true)
  .optional()
  .describe(
    'an event that fired and that nobody has claimed goes back to its schedule; an update needs it to change hookClass',
  );
const token = z.string().min(1).max(64).describe('one of several who hold the timer');
const answer = { ...addressed, eventId, attempt: z.number().int().positive().optional() };
const worker = z.string().max(256).optional();

const holder = z.string().min(1).max(256);
const fencing = z.number().int().positive().describe('fencing token');

/** One schema a message: validation, types and the published schemas all come from here. */
export const commandSchemas = {
  CreateTimer: z.strictObject({ type: z.literal('CreateTimer'), ...addressed, timer: timerInput }),
  UpdateTimer: z.strictObject({ type: z.literal('UpdateTimer'), ...addressed, set: timerChange, recall }),
  DeleteTimer: z.strictObject({ type: z.literal('DeleteTimer'), ...addressed }),
  TriggerTimer: z.strictObject({
    type: z.literal('TriggerTimer'),
    ...addressed,
    requestId: z.string().min(1).max(64).optional(),
    timeout: duration.optional(),
  }),
  PauseTimer: z.strictObject({
    type: z.literal('PauseTimer'),
    ...addressed,
    token: token.optional(),
    recall,
  }),
  ResumeTimer: z.strictObject({ type: z.literal('ResumeTimer'), ...addressed, token: token.optional() }),
  ExpireTimer: z.strictObject({ type: z.literal('ExpireTimer'), ...addressed }),
  CancelTimer: z.strictObject({ type: z.literal('CancelTimer'), ...addressed }),
  RedriveEvent: z.strictObject({
    type: z.literal('RedriveEvent'),
    ...addressed,
    eventId: eventId.optional(),
  }),
  CloseEvent: z.strictObject({
    type: z.literal('CloseEvent'),
    ...answer,
    worker,
    watermark: moment.nullish(),
    summaryData: payload.nullish(),
    summaryDataEncoding: encoding.optional(),
    result: payload.nullish(),
    resultEncoding: encoding.optional(),
    nextFireAt: moment.optional(),
  }),
  RetryEvent: z.strictObject({
    type: z.literal('RetryEvent'),
    ...answer,
    worker,
    error: z.string().optional(),
    after: duration.optional(),
    at: moment.optional(),
    data: payload.optional(),
    dataEncoding: encoding.optional(),
    handBack: z
      .literal(true)
      .optional()
      .describe('let go of without a failure: not counted, and again at once unless it says when'),
  }),
  HeartbeatEvent: z.strictObject({
    type: z.literal('HeartbeatEvent'),
    ...answer,
    worker,
    progress: payload.optional(),
    progressEncoding: encoding.optional(),
  }),
  ClaimEvent: z.strictObject({
    type: z.literal('ClaimEvent'),
    ...answer,
    worker: z.string().min(1).max(256),
    takeOver: z.boolean().optional(),
  }),
  AnswerPreSchedule: z.strictObject({
    type: z.literal('AnswerPreSchedule'),
    ...answer,
    delay: duration.optional(),
    eventData: payload.optional(),
    eventDataEncoding: encoding.optional(),
  }),
  AcquireLease: z.strictObject({ type: z.literal('AcquireLease'), ...addressed, holder, ttl: duration }),
  RenewLease: z.strictObject({
    type: z.literal('RenewLease'),
    ...addressed,
    holder,
    token: fencing,
    ttl: duration,
  }),
  ReleaseLease: z.strictObject({
    type: z.literal('ReleaseLease'),
    ...addressed,
    holder,
    token: fencing.optional(),
  }),
  EndChild: z
    .strictObject({ type: z.literal('EndChild'), ...addressed, parentId: uuid })
    .describe('from the relay to the parent of a timer that has ended; its id is the child'),
} as const;

export type CommandType = keyof typeof commandSchemas;
/** What a read message is, before it has the domain's names. */
export type WireOf<T extends CommandType> = z.output<(typeof commandSchemas)[T]>;
/** What a client writes. */
export type CommandWire = { [T in CommandType]: z.input<(typeof commandSchemas)[T]> }[CommandType];

import { z } from 'zod';
import { schedPolicyTypes } from '#timer';
import { timerStatuses } from '../condition.js';

// The timer as it is answered: `timerRecord` writes it, this describes it for readers. What is unset is absent.

export const momentText = z.iso.datetime({ precision: 3 }).describe('RFC 3339 in UTC with milliseconds');
const text = z.string();
const encoding = z.literal('base64').optional();
const count = z.int().nonnegative();
const rule = z.object({
  policy: z.enum(['latest', 'all', 'skip']),
  max: z.int().positive().optional(),
  within: text.optional(),
});

const retry = z.object({
  maxAttempts: count,
  backoff: z.enum(['exponential', 'fixed']),
  min: text,
  max: text,
  jitter: z.boolean(),
  countUnheard: z.boolean().optional(),
});
const preSchedule = z.object({ enable: z.boolean(), timeout: text, onTimeout: z.enum(['fire', 'skip']) });
const spawn = z.object({
  timer: z.object({
    hookClass: text,
    tags: z.array(text),
    data: text.optional(),
    dataEncoding: encoding,
    ackTimeout: text,
    retry,
    preSchedule,
    maxPause: text.optional(),
    needsClaim: z.boolean(),
    keepFor: text.optional(),
  }),
  overlap: z.enum(['skip', 'queueOne', 'allow']),
  openMax: count,
});

export const timerRecordSchema = z
  .object({
    id: z.guid(),
    namespace: text,
    key: text,
    version: z.int().positive().describe('number of the last log event of this timer; its ETag'),
    tags: z.array(text),
    data: text.optional(),
    dataEncoding: encoding,
    timeZone: text,
    schedPolicyType: z.enum(schedPolicyTypes),
    schedPolicyExpr: text,
    hookClass: text,
    enable: z.boolean(),
    startAt: momentText.optional(),
    endAt: momentText.optional(),
    maxFires: z.int().optional(),
    jitter: text.optional(),
    dst: z.object({ gap: z.enum(['skip', 'shift']), overlap: z.enum(['first', 'second', 'both']) }),
    missed: z.object({ serviceDown: rule, paused: rule, createdLate: rule }),
    ackTimeout: text,
    retry,
    preSchedule,
    maxPause: text.optional(),
    spawn: spawn.optional().describe('what each of its ticks makes'),
    parent: z.object({ timerId: z.guid(), key: text, n: count }).optional().describe('whose child it is'),
    needsClaim: z.boolean().optional(),
    keepFor: text.optional(),
    watermark: momentText.optional(),
    lastTick: momentText.optional(),
    eventStatus: z.enum(['IDLE', 'TRIGGER']),
    eventId: z.guid().optional(),
    attempt: z.int().positive().optional(),
    eventData: text.optional(),
    eventDataEncoding: encoding,
    eventStart: momentText.optional(),
    eventScheduledFor: momentText.optional(),
    eventExtra: z
      .object({ eventManualRequestId: text.optional(), eventWatermark: momentText.optional() })
      .optional(),
    worker: text.optional(),
    progress: text.optional(),
    progressEncoding: encoding,
    lastError: text.optional(),
    manualRequest: z
      .object({
        manualRequestId: text,
        manualRequestTime: momentText,
        manualTimeout: text,
        manualProcessed: z.boolean(),
        manualEventId: z.guid().optional(),
      })
      .optional(),
    summaryData: text.optional(),
    summaryDataEncoding: encoding,
    createTime: momentText,
    nextFireTime: momentText.optional(),
    fires: count,
    status: z.enum(timerStatuses),
    pausedAt: momentText.optional(),
    pausedBy: z.array(text).optional().describe('tokens of those who hold it'),
    fault: text.optional(),
    givenUp: z
      .object({
        eventId: z.guid(),
        attempts: z.int().positive(),
        scheduledFor: momentText,
        givenUpAt: momentText,
        eventData: text.optional(),
        eventDataEncoding: encoding,
        error: text.optional(),
      })
      .optional()
      .describe('the last event that was given up and not redriven since'),
    endedReason: z.enum(['done', 'end-at', 'max-fires', 'no-next-time', 'cancelled']).optional(),
    children: z.array(z.guid()).optional().describe('those that have not ended'),
    waitingTick: momentText.optional().describe('waits for a child to end'),
    lease: z
      .object({ holder: text, token: count, until: momentText, since: momentText })
      .optional()
      .describe('held while `until` lies ahead'),
  })
  .meta({ id: 'TimerRecord', description: 'a timer; what is unset is absent' });

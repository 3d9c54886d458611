import { z } from 'zod';
import { timerCondition, timerStatuses } from '../condition.js';
import { moment, uuid } from '../fields.js';
import { momentText, timerRecordSchema } from './record.js';

export const pageLimitMax = 1_000;
export const pageLimitDefault = 100;

/** A number, a flag or a list as a query string writes it: `limit=10`, `enable=false`, `tag=a&tag=b`. */
const whole = z
  .string()
  .regex(/^\d{1,9}$/, 'a whole number')
  .transform(Number);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const many = <T extends z.ZodType>(item: T) =>
  z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(item));

export const timerOrder = z.enum(['id', 'key', 'nextFireTime']);
const limitText = whole.pipe(z.int().min(1).max(pageLimitMax)).optional();
const limit = z.int().min(1).max(pageLimitMax).default(pageLimitDefault);
const after = z.string().min(1).optional().describe('`next` of the page before');

/** The condition as a query string: what the list and the watch have in common. */
const conditionQuery = {
  id: uuid.optional(),
  namespace: z.string().optional(),
  key: z.string().optional(),
  keyPrefix: z.string().optional().describe('plain text: `_` and `%` stand for themselves'),
  tag: many(z.string()).optional().describe('may be repeated: the timer has all of these'),
  hookClass: z.string().optional(),
  status: many(z.enum(timerStatuses)).optional().describe('may be repeated: one of these'),
  enable: flag.optional(),
  givenUp: flag.optional().describe('the last event was given up and not redriven since'),
  dueFrom: moment.optional().describe('the next fire lies at this moment or after it'),
  dueBefore: moment.optional().describe('the next fire lies before this moment'),
};

export const listQuery = z.strictObject({
  ...conditionQuery,
  order: timerOrder.optional(),
  limit: limitText,
  after,
});
export const watchQuery = z.strictObject({
  ...conditionQuery,
  condition: z.string().optional().describe('a TimerCondition as JSON; in place of the single parameters'),
  include: z
    .enum(['timer'])
    .optional()
    .describe('`timer`: each message brings the timer as it is after the event'),
});

export const queryRequest = z
  .strictObject({
    condition: timerCondition.optional(),
    order: timerOrder.optional().describe('absent: the one that costs least'),
    limit,
    after,
  })
  .meta({ id: 'TimerQuery' });
export const timerPage = z
  .object({
    timers: z.array(timerRecordSchema),
    next: z.string().optional().describe('where the next page begins; absent: this is the last one'),
  })
  .meta({ id: 'TimerPage' });

export const countMax = 1_000_000;
export const countRequest = z
  .strictObject({
    condition: timerCondition.optional(),
    max: z.int().min(1).max(countMax).default(100_000).describe('counting stops here'),
  })
  .meta({ id: 'TimerCountRequest' });
export const timerCount = z
  .object({ count: z.int(), isExact: z.boolean().describe('false: there are at least so many') })
  .meta({ id: 'TimerCount' });

/** A timer as it was: at most one of the two. */
export const timerQuery = z.strictObject({
  at: moment.optional().describe('the timer as it was at this moment'),
  version: whole.pipe(z.int().min(1)).optional().describe('the timer as it was at this version'),
});

export const historyQuery = z.strictObject({
  after: whole.optional().describe('a version: only later events'),
  limit: limitText,
  from: moment.optional().describe('recorded at this moment or later'),
  to: moment.optional().describe('recorded before this moment'),
});
export const historyEvent = z
  .object({
    version: z.int().positive(),
    type: z.string(),
    recordedAt: momentText,
    commandId: z.guid().optional().describe('the command that caused it; absent: the clock did'),
    source: z
      .object({ topic: z.string(), partition: z.int(), offset: z.string() })
      .optional()
      .describe('where that command lies in Kafka'),
    actor: z.string().optional(),
    data: z.looseObject({}).describe('the log event; its schema is /schemas/<type>.json'),
  })
  .meta({ id: 'HistoryEvent' });
export const historyPage = z
  .object({
    events: z.array(historyEvent),
    next: z.int().optional().describe('`after` of the next page; absent: this is the last one'),
  })
  .meta({ id: 'HistoryPage' });

export type ListQuery = z.output<typeof listQuery>;
export type WatchQuery = z.output<typeof watchQuery>;
export type TimerPageWire = z.input<typeof timerPage>;
export type TimerCountWire = z.input<typeof timerCount>;
export type HistoryPageWire = z.input<typeof historyPage>;
export type HistoryEventWire = z.input<typeof historyEvent>;

import { z } from 'zod';
import type { TimerEventType } from '#timer';
import { momentText, timerRecordSchema } from './record.js';

// `GET /v1/watch`: server-sent events. `event:` is one of `watchKinds` for the log's facts, or one of `watchNotices`;
// `id:` is a position in the whole log, good for `Last-Event-ID` at any api process.

export const watchKinds = ['create', 'update', 'delete', 'event'] as const;
export type WatchKind = (typeof watchKinds)[number];

/** A change of the timer itself, or the life of one of its events. */
export const watchKindOf = (type: TimerEventType): WatchKind => {
  if (type === 'TimerCreated') return 'create';
  if (type === 'TimerDeleted') return 'delete';
  return type.startsWith('Event') || type.startsWith('PreSchedule') ? 'event' : 'update';
};

export const watchMessage = z
  .object({
    kind: z.enum(watchKinds),
    type: z.string().describe('the log event: TimerCreated, EventTriggered, …'),
    timerId: z.guid(),
    namespace: z.string(),
    key: z.string(),
    version: z.int().positive(),
    recordedAt: momentText,
    nextFireTime: momentText.optional(),
    commandId: z.guid().optional(),
    matches: z
      .boolean()
      .describe('false: the condition holds no more, and this timer is not told of again until it does'),
    data: z.looseObject({}).describe('the log event; its schema is /schemas/<type>.json'),
    timer: timerRecordSchema.optional().describe('with `include=timer`: as it is after the event'),
  })
  .meta({ id: 'WatchMessage' });
export type WatchMessage = z.input<typeof watchMessage>;

/**
 * `ready`: from here on nothing is missed. `dropped`: read too slowly; come again with Last-Event-ID. `bye`: this process goes away; come
 * again.
 */
export const watchNotices = ['ready', 'dropped', 'bye'] as const;
export type WatchNotice = (typeof watchNotices)[number];
export const watchNotice = z
  .object({ code: z.string(), detail: z.string() })
  .meta({ id: 'WatchNotice', description: 'data of `ready`, `dropped` and `bye`' });

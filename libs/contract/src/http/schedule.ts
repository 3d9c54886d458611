import { z } from 'zod';
import { moment, uuid } from '../fields.js';
import { timerChange, timerInput } from '../timer-input.js';
import { momentText } from './record.js';

/** Fires shown at once. */
export const firesMax = 1_000;
export const firesDefault = 10;

const skippedTicks = z.object({
  reason: z.string().describe('`dst-gap`, `dst-overlap`, or the reason of a TicksDropped'),
  firstLocal: z.string(),
  lastLocal: z.string(),
  count: z.int(),
  countIsExact: z.boolean(),
});

/** One fire to come, with its why. */
export const fireSchema = z
  .object({
    fireAt: momentText.describe('when it fires: the tick and its share of the jitter'),
    tick: momentText.describe('the tick of the schedule'),
    localTime: z.string().describe('of the tick, `2027-03-28T09:00:00`'),
    utcOffset: z.string().describe('what it is at that moment, `+02:00`'),
    timeZone: z.string(),
    fold: z
      .enum(['first', 'second'])
      .optional()
      .describe('this local time comes twice that day: which of the two'),
    shiftedFrom: z.string().optional().describe('the local time that was meant and that the zone skips'),
    jitterMs: z.number(),
    isMissed: z.boolean().describe('the tick has passed and is made up for'),
    manualRequestId: z.string().optional(),
    skipped: z.array(skippedTicks).describe('ticks between the fire before and this one that do not fire'),
    why: z.string().describe('one sentence for a person'),
  })
  .meta({ id: 'Fire' });

const outlook = {
  fires: z.array(fireSchema),
  skippedAfter: z.array(skippedTicks).describe('what will not fire after the last, where nothing more comes'),
  ended: z.string().optional().describe('why nothing comes after the last of them; absent: it goes on'),
  heldBy: z
    .enum(['paused', 'disabled', 'faulted'])
    .optional()
    .describe('fires are shown as though the timer were let go now; this is what holds it'),
  dependsOnClose: z
    .boolean()
    .describe('times that count from a close are shown as though each event were closed at once'),
  jitterUnknown: z
    .string()
    .optional()
    .describe('without an id there is no share of the jitter: each may come this much later'),
};
export const outlookSchema = z.object(outlook).meta({ id: 'Outlook' });

const countText = z
  .string()
  .regex(/^\d{1,4}$/, `1 to ${firesMax}`)
  .transform(Number);
export const nextQuery = z.strictObject({ count: countText.pipe(z.int().min(1).max(firesMax)).optional() });

const asked = {
  count: z.int().min(1).max(firesMax).default(firesDefault),
  from: moment.optional().describe('as though asked at this moment; absent: now'),
};
/** A timer that is not there yet, or a change of one that is. */
export const previewRequest = z
  .strictObject({
    timer: z
      .strictObject({ namespace: z.string().optional(), key: z.string().optional(), ...timerInput.shape })
      .optional(),
    timerId: uuid.optional(),
    set: timerChange.optional().describe('with timerId: the proposed change'),
    ...asked,
  })
  .refine(
    ({ timer, timerId }) => (timer === undefined) !== (timerId === undefined),
    'either `timer`, or `timerId` and `set`',
  )
  .refine(({ timerId, set }) => set === undefined || timerId !== undefined, '`set` goes with `timerId`')
  .meta({ id: 'PreviewRequest' });
/** The same with `timer` and `set` not looked into: they are read as their commands, to be refused in the same words. */
export const previewEnvelope = z
  .strictObject({
    timerId: uuid.optional(),
    timer: z.unknown().optional(),
    set: z.unknown().optional(),
    ...asked,
  })
  .refine(
    ({ timer, set, timerId }) =>
      timerId === undefined ? timer !== undefined && set === undefined : timer === undefined,
    'either `timer`, or `timerId` and `set`',
  );
export const previewAnswer = z
  .object({
    ...outlook,
    difference: z
      .object({
        present: outlookSchema.describe('of the timer as it is'),
        removed: z.array(fireSchema).describe('fires that the change would take away'),
        added: z.array(fireSchema).describe('fires that it would bring'),
        same: z.int().describe('how many would stay'),
      })
      .optional()
      .describe('of a proposed change, up to the moment that both reach'),
  })
  .meta({ id: 'Preview' });

export const whyQuery = z.strictObject({
  from: moment.optional().describe('absent: a day before `to`'),
  to: moment.optional().describe('absent: now'),
});
/** What became of a tick, or of several that fared alike. */
export const finding = z
  .object({
    verdict: z.enum(['fired', 'dropped', 'not-fired', 'pending', 'planned', 'no-tick']),
    reason: z
      .string()
      .optional()
      .describe('why not, by a stable word; absent where it fired, is planned, or no tick is there'),
    first: momentText.optional().describe('the tick; of several, the first'),
    last: momentText.optional(),
    count: z.int(),
    fire: z
      .object({
        eventId: z.guid(),
        scheduledFor: momentText,
        startedAt: momentText,
        latenessMs: z.number(),
        attempts: z.int(),
        outcome: z.enum(['open', 'closed', 'given-up', 'cancelled', 'recalled', 'deleted']),
        closedAt: momentText.optional(),
        error: z.string().optional(),
        manualRequestId: z.string().optional(),
      })
      .optional(),
    sentence: z.string().describe('for a person: what happened and why'),
  })
  .meta({ id: 'Finding' });
export const whyAnswer = z
  .object({
    from: momentText,
    to: momentText,
    findings: z.array(finding),
    isCut: z.boolean().describe('there were more ticks: ask again from the last one told'),
  })
  .meta({ id: 'Findings' });

export type FireWire = z.input<typeof fireSchema>;
export type OutlookWire = z.input<typeof outlookSchema>;
export type PreviewAnswerWire = z.input<typeof previewAnswer>;
export type FindingWire = z.input<typeof finding>;
export type WhyAnswerWire = z.input<typeof whyAnswer>;

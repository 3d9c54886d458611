import { z } from 'zod';
import { timerCondition } from '../condition.js';
import { momentText } from './record.js';

const tags = z.array(z.string()).max(64);
export const bulkActions = ['pause', 'resume', 'delete', 'retag'] as const;

/** One wish for all timers of a condition. */
export const bulkRequest = z
  .strictObject({
    action: z.enum(bulkActions),
    condition: timerCondition,
    tags: z
      .strictObject({ add: tags.optional(), remove: tags.optional() })
      .optional()
      .describe('of `retag`: taken away first, then added'),
    dryRun: z.boolean().optional().describe('tells what it would do, and does nothing'),
  })
  .refine(({ action, tags: given }) => (action === 'retag') === (given !== undefined), {
    message: '`tags` goes with `retag`, and `retag` with `tags`',
    path: ['tags'],
  })
  .meta({ id: 'BulkRequest' });

const refusals = z
  .array(
    z.object({
      code: z.string(),
      count: z.int(),
      example: z.object({ timerId: z.guid(), message: z.string() }),
    }),
  )
  .describe('timers that said no, by their reason, with the first of them');

/** How far it has come. */
export const bulkAnswer = z
  .object({
    id: z.guid(),
    action: z.enum(bulkActions),
    tags: z.object({ add: tags, remove: tags }).optional(),
    condition: z.looseObject({}).describe('a TimerCondition'),
    actor: z.string().optional(),
    status: z.enum(['running', 'done', 'cancelled']),
    requestedAt: momentText,
    endedAt: momentText.optional(),
    matched: z.int().describe('timers found so far'),
    applied: z.int(),
    refusals,
  })
  .meta({ id: 'Bulk' });
export const bulkPreview = z
  .object({
    matched: z.object({ count: z.int(), isExact: z.boolean() }),
    sampled: z.int().describe('the first so many were looked at; the refusals are theirs'),
    refusals,
  })
  .meta({ id: 'BulkPreview' });
export const bulkList = z.object({ bulks: z.array(bulkAnswer) }).meta({ id: 'Bulks' });

export type BulkRequestWire = z.input<typeof bulkRequest>;
export type BulkAnswerWire = z.input<typeof bulkAnswer>;
export type BulkPreviewWire = z.input<typeof bulkPreview>;

import { z } from 'zod';
import { timerCondition } from '../condition.js';
import { momentText } from './record.js';

export const bulkRequest = z
  .strictObject({
    action: z.enum(['pause', 'resume', 'delete', 'retag']),
    condition: timerCondition,
    tags: z
      .strictObject({ add: z.array(z.string()).optional(), remove: z.array(z.string()).optional() })
      .optional()
      .describe('of `retag`'),
    dryRun: z.boolean().optional().describe('only counts what it would touch'),
  })
  .meta({ id: 'BulkRequest' });
export const bulkAnswer = z
  .object({
    id: z.guid(),
    action: z.string(),
    status: z.enum(['running', 'done', 'cancelled', 'failed']),
    matched: z.int().optional(),
    done: z.int(),
    refused: z.int(),
    startedAt: momentText,
    endedAt: momentText.optional(),
  })
  .loose()
  .meta({ id: 'Bulk' });
export type BulkRequestWire = z.input<typeof bulkRequest>;

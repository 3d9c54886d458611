import { z } from 'zod';
import { kafkaVariables } from '#kafka';
import { databaseVariables, namesDatabases } from '#postgres';

export const fireSchema = z
  .object({
    ...kafkaVariables,
    ...databaseVariables,
    TOPIC_PREFIX: z.string().min(1).default('timers'),
    PARTITIONS: z.coerce
      .number()
      .int()
      .min(1)
      .max(256)
      .default(8)
      .describe(
        'of the log of a new database, and of due topics made here: a power of two; a log that is there keeps its own',
      ),
    FIRE_GROUP_ID: z.string().min(1).default('carillon-fire'),
    ARMED_MAX: z.coerce.number().int().min(256).default(50_000).describe('timers held in memory'),
    WINDOW_MS: z.coerce
      .number()
      .int()
      .min(1_000)
      .default(60_000)
      .describe('how far ahead timers are read into memory'),
    LOG_LEVEL: z.string().default('info'),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('health and metrics; 0: none'),
    HTTP_HOST: z.string().default('127.0.0.1'),
  })
  .refine(namesDatabases.isSo, namesDatabases.otherwise);
export type FireConfig = z.infer<typeof fireSchema>;

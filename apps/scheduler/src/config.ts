import { z } from 'zod';
import { kafkaVariables } from '#kafka';
import { databaseVariables, namesDatabases } from '#postgres';

const days = z.coerce.number().int().min(0).max(36_500).default(0);

export const schedulerSchema = z
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
        'of the log of a new database, and of its topics: a power of two; one that is there keeps its own',
      ),
    SCHEDULER_GROUP_ID: z.string().min(1).default('carillon-scheduler'),
    LOG_RETENTION_DAYS: days.describe('of the log; whole days of UTC that are older go; 0: none'),
    ENDED_RETENTION_DAYS: days.describe('until an ended timer without keepFor is archived; 0: never'),
    ARCHIVE_RETENTION_DAYS: days.describe('until an archived timer is forgotten; 0: never'),
    LOG_LEVEL: z.string().default('info'),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('health and metrics; 0: none'),
    HTTP_HOST: z.string().default('127.0.0.1'),
  })
  .refine(namesDatabases.isSo, namesDatabases.otherwise);
export type SchedulerConfig = z.infer<typeof schedulerSchema>;

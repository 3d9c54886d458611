import { z } from 'zod';
import { kafkaVariables } from '#kafka';
import { databaseVariables, namesDatabases } from '#postgres';

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
      .describe('of commands, events and log; a power of two, fixed for a database'),
    SCHEDULER_GROUP_ID: z.string().min(1).default('carillon-scheduler'),
    LOG_LEVEL: z.string().default('info'),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('health and metrics; 0: none'),
    HTTP_HOST: z.string().default('127.0.0.1'),
  })
  .refine(namesDatabases.isSo, namesDatabases.otherwise);
export type SchedulerConfig = z.infer<typeof schedulerSchema>;

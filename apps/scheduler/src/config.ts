import { z } from 'zod';
import { defaultGroupIds, quotaVariables } from '#contract';
import { kafkaVariables, topicPrefixVariable } from '#kafka';
import { databaseVariables, namesDatabases } from '#postgres';
import { httpVariables, partitionsVariable, processVariables } from '#runtime';

const days = z.coerce.number().int().min(0).max(36_500).default(0);

export const schedulerSchema = z
  .object({
    ...kafkaVariables,
    ...topicPrefixVariable,
    ...databaseVariables,
    ...processVariables,
    ...partitionsVariable,
    ...httpVariables(0, 'health and metrics; 0: none'),
    ...quotaVariables,
    SCHEDULER_GROUP_ID: z.string().min(1).default(defaultGroupIds.scheduler),
    LOG_RETENTION_DAYS: days.describe('of the log; whole days of UTC that are older go; 0: none'),
    ENDED_RETENTION_DAYS: days.describe('until an ended timer without keepFor is archived; 0: never'),
    ARCHIVE_RETENTION_DAYS: days.describe('until an archived timer is forgotten; 0: never'),
  })
  .refine(namesDatabases.isSo, namesDatabases.otherwise);
export type SchedulerConfig = z.infer<typeof schedulerSchema>;

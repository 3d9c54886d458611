import { z } from 'zod';
import { defaultGroupIds } from '#contract';
import { kafkaVariables, topicPrefixVariable } from '#kafka';
import { databaseVariables, namesDatabases } from '#postgres';
import { httpVariables, partitionsVariable, processVariables } from '#runtime';

export const fireSchema = z
  .object({
    ...kafkaVariables,
    ...topicPrefixVariable,
    ...databaseVariables,
    ...processVariables,
    ...partitionsVariable,
    ...httpVariables(0, 'health and metrics; 0: none'),
    FIRE_GROUP_ID: z.string().min(1).default(defaultGroupIds.fire),
    ARMED_MAX: z.coerce.number().int().min(256).default(50_000).describe('timers held in memory'),
    WINDOW_MS: z.coerce
      .number()
      .int()
      .min(1_000)
      .default(60_000)
      .describe('how far ahead timers are read into memory'),
  })
  .refine(namesDatabases.isSo, namesDatabases.otherwise);
export type FireConfig = z.infer<typeof fireSchema>;

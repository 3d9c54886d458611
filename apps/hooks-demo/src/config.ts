import { z } from 'zod';
import { kafkaVariables, topicPrefixVariable } from '#kafka';
import { httpVariables, processVariables } from '#runtime';

export const hooksDemoSchema = z.object({
  ...kafkaVariables,
  ...topicPrefixVariable,
  ...processVariables,
  ...httpVariables(0, 'health; 0: none'),
});
export type HooksDemoConfig = z.infer<typeof hooksDemoSchema>;

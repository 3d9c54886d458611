import { z } from 'zod';
import { kafkaVariables } from '#kafka';

export const hooksDemoSchema = z.object({
  ...kafkaVariables,
  TOPIC_PREFIX: z.string().default('timers'),
  LOG_LEVEL: z.string().default('info'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('health; 0: none'),
  HTTP_HOST: z.string().default('127.0.0.1'),
});
export type HooksDemoConfig = z.infer<typeof hooksDemoSchema>;

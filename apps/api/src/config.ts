import { z } from 'zod';
import { commandBytesMax, defaultGroupIds, quotaVariables } from '#contract';
import { kafkaVariables, topicPrefixVariable } from '#kafka';
import { databaseVariables, namesDatabases } from '#postgres';
import { httpVariables, processVariables } from '#runtime';
import { authProblems, authVariables } from './auth/config.js';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

export const apiSchema = z
  .object({
    ...kafkaVariables,
    ...topicPrefixVariable,
    ...authVariables,
    ...databaseVariables,
    ...processVariables,
    ...httpVariables(8_080, '0: any that is free'),
    ...quotaVariables,
    SCHEDULER_GROUP_ID: z
      .string()
      .min(1)
      .default(defaultGroupIds.scheduler)
      .describe('as the schedulers have it'),
    FIRE_GROUP_ID: z.string().min(1).default(defaultGroupIds.fire).describe('as the fire services have it'),
    COMMAND_TIMEOUT_MS: whole(100, 300_000)
      .default(10_000)
      .describe('how long a request waits for an outcome'),
    BODY_BYTES_MAX: whole(1_024, 64 * 1024 * 1024).default(4 * commandBytesMax),
    REQUEST_TIMEOUT_MS: whole(1_000, 300_000)
      .default(30_000)
      .describe('how long a client may take to send a request, its body included'),
    CORS_ORIGINS: z
      .string()
      .default('')
      .transform((text) => text.split(',').filter((origin) => origin !== ''))
      .describe('comma-separated; `*`: any; empty: none'),
    WATCHERS_MAX: whole(1, 100_000).default(20_000).describe('streams of one process'),
    WATCH_BUFFER_BYTES_MAX: whole(1_024, 64 * 1024 * 1024)
      .default(1024 * 1024)
      .describe('what a slow reader may leave unread before it is dropped'),
    PROBE_EVERY_MS: whole(0, 3_600_000)
      .default(0)
      .describe('how often each partition is probed, the whole way; 0: never'),
    WATCH_HEARTBEAT_MS: whole(100, 300_000).default(15_000),
    WATCH_POLL_MS: whole(5, 10_000)
      .default(100)
      .describe('how often the log is asked while somebody watches'),
  })
  .refine(namesDatabases.isSo, namesDatabases.otherwise)
  .superRefine((config, context) => {
    for (const { variable, message } of authProblems(config))
      context.addIssue({ code: 'custom', path: [variable], message });
  });
export type ApiConfig = z.infer<typeof apiSchema>;

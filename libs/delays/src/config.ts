import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { defaultTopicPrefix } from '#contract';
import type { KafkaSettings, Logger } from '#kafka';
import { type OpenDelayQueueOptions, openDelayQueue } from './carillon/open.js';
import type { DelayQueue } from './delay-queue.js';
import type { Trigger } from './verdict.js';

// A queue from one flat JSON document. Keys that are left out keep their default; unknown keys are refused.

const count = z.number().int().nonnegative();
const text = z.string();

/** Keys of the former store that mean nothing here. They may stand in a document, and are told at start. */
export const meaningless: Readonly<Record<string, string>> = Object.freeze({
  mysql6: 'times are always kept to the millisecond',
  max_open_connection: 'a process has one connection for commands and one for each event type',
  consumer_time_window_sec: 'WINDOW_MS of the fire service says how far ahead events are held in memory',
  consumer_select_limit: 'due events are pushed in batches, as many as there are',
  consumer_sleep_msec: 'nothing is polled',
});

const schema = z.strictObject({
  stat_interval_sec: count
    .default(0)
    .describe('counters are logged and begin anew this often; 0: at stop only'),
  max_scheduled_events: z
    .number()
    .int()
    .positive()
    .default(10_000)
    .describe('due events of one type in this process'),
  max_retry: count.default(18).describe('runs after the first'),
  queue_name: text
    .default('')
    .describe('name of this process in logs and at the broker; empty: Consumer:<uuid>'),
  table_name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}$/)
    .default('delays')
    .describe('the queue: the namespace of its events'),
  db_name: z.string().min(1).default(defaultTopicPrefix).describe('prefix of the topics'),
  host: z.string().min(1).default('127.0.0.1').describe('of a broker'),
  port: z.number().int().min(1).max(65_535).default(9092).describe('of a broker'),
  username: text.default('').describe('SASL; empty: none'),
  password: text.default(''),
  consumer_lock_timeout_sec: z
    .number()
    .positive()
    .default(31)
    .describe('a run that says nothing for this long has lost its event'),
  // ours
  kafka_brokers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('host:port, in place of host and port'),
  kafka_ssl: z.boolean().default(false),
  kafka_sasl_mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
  partitions: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('of due topics that are made here; those that are there stay as they are'),
  parallelism: z.number().int().positive().default(64).describe('triggers of one type at a time'),
  retry_min_msec: z.number().int().positive().default(500).describe('longest wait after the first run'),
  retry_max_msec: z.number().int().positive().default(600_000).describe('longest wait'),
  on_throw: z.enum(['retry', 'error']).default('retry').describe('what a trigger that throws means'),
  keep_for_sec: z
    .number()
    .positive()
    .nullable()
    .default(604_800)
    .describe('an ended event keeps its id this long; null: for ever'),
  call_timeout_msec: z.number().int().positive().default(10_000),
  stop_wait_msec: count.default(10_000).describe('stop waits this long for triggers under way'),
  // theirs, without a meaning
  mysql6: z.boolean().optional(),
  max_open_connection: count.optional(),
  consumer_time_window_sec: count.optional(),
  consumer_select_limit: count.optional(),
  consumer_sleep_msec: count.optional(),
});
export type DelayConfig = Readonly<z.output<typeof schema>>;
export const delayConfigSchema = schema;

/** Every problem of the document at once. */
export class InvalidDelayConfig extends Error {
  readonly code = 'delays/invalid-config';
  constructor(readonly problems: readonly string[]) {
    super(`the configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'InvalidDelayConfig';
  }
}

/** @throws InvalidDelayConfig */
export function parseDelayConfig(document: unknown): DelayConfig {
  const read = schema.safeParse(document);
  if (read.success) return Object.freeze(read.data);
  throw new InvalidDelayConfig(
    read.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    ),
  );
}

/** @throws InvalidDelayConfig; what reading the file threw */
export async function loadDelayConfig(file: string): Promise<DelayConfig> {
  const content = await readFile(file, 'utf8');
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch (error) {
    throw new InvalidDelayConfig([
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  return parseDelayConfig(document);
}

export function openDelayQueueFromConfig(
  config: DelayConfig,
  triggers: Readonly<Record<string, Trigger>>,
  log: Logger,
): DelayQueue {
  for (const [key, why] of Object.entries(meaningless))
    if (config[key as keyof DelayConfig] !== undefined)
      log.info({ key, why }, 'a key without a meaning here');
  return openDelayQueue(optionsOf(config, triggers, log));
}

/** What the document says, in the names of `openDelayQueue`. */
export function optionsOf(
  config: DelayConfig,
  triggers: Readonly<Record<string, Trigger>>,
  log: Logger,
): OpenDelayQueueOptions {
  return {
    kafka: kafkaOf(config, log),
    triggers,
    namespace: config.table_name,
    topicPrefix: config.db_name,
    statIntervalMs: config.stat_interval_sec * 1_000,
    maxScheduledEvents: config.max_scheduled_events,
    maxRetry: config.max_retry,
    lockTimeoutMs: Math.ceil(config.consumer_lock_timeout_sec * 1_000),
    retryMinMs: config.retry_min_msec,
    retryMaxMs: config.retry_max_msec,
    keepFor: config.keep_for_sec === null ? null : `${Math.ceil(config.keep_for_sec * 1_000)}ms`,
    callTimeoutMs: config.call_timeout_msec,
    parallelism: config.parallelism,
    stopWaitMs: config.stop_wait_msec,
    onThrow: config.on_throw,
    ...(config.partitions !== undefined && { partitions: config.partitions }),
  };
}

function kafkaOf(config: DelayConfig, log: Logger): KafkaSettings {
  const { kafka_brokers: brokers, host, port, username, password } = config;
  const base = {
    brokers: brokers ?? [`${host}:${port}`],
    clientId: config.queue_name === '' ? `Consumer:${randomUUID()}` : config.queue_name,
    log,
    ...(config.kafka_ssl && { ssl: true }),
  };
  if (username === '') return base;
  return { ...base, sasl: { mechanism: config.kafka_sasl_mechanism, username, password } };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { TimerClient } from '#client';
import { type KafkaSettings, kafkaSettings, kafkaVariables } from '#kafka';
import { createLogger, loadConfig } from '#runtime';
import { UsageError } from './errors/exit-codes.js';

/** Where a running Carillon is: written by `carillon up`, removed when it ends. */
export interface RunFile {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly httpUrl: string;
}
export const homeDir = (): string => join(process.cwd(), '.carillon');
export const runFile = (): string => join(homeDir(), 'run.json');

/** From the environment, or from a Carillon that runs here. @throws UsageError */
export const databaseUrl = (): string => process.env.DATABASE_URL ?? running('DATABASE_URL').databaseUrl;
/** @throws UsageError */
export const apiUrl = (): string => process.env.CARILLON_URL ?? running('CARILLON_URL').httpUrl;
export const topicPrefix = (): string => process.env.TOPIC_PREFIX ?? 'timers';

/** @throws UsageError, InvalidConfiguration */
export function kafka(): KafkaSettings {
  const KAFKA_BROKERS = process.env.KAFKA_BROKERS ?? running('KAFKA_BROKERS').kafkaBrokers;
  const variables = loadConfig(z.object(kafkaVariables), { ...process.env, KAFKA_BROKERS });
  return kafkaSettings(variables, 'carillon-cli', createLogger('cli', 'silent', false));
}

export async function withPool<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({ connectionString: databaseUrl(), max: 2, connectionTimeoutMillis: 5_000 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

export interface ClientWish {
  readonly namespace?: string | undefined;
  /** Queries need no Kafka, and start at once. */
  readonly readsOnly?: boolean;
  /** How long to wait for an outcome, ms. */
  readonly timeoutMs?: number;
}

const connectTimeoutMs = 15_000;
const nobody: KafkaSettings = {
  brokers: [],
  clientId: 'carillon-cli',
  log: createLogger('cli', 'silent', false),
};

export async function withClient<T>(
  { namespace, readsOnly = false, timeoutMs }: ClientWish,
  work: (client: TimerClient) => Promise<T>,
): Promise<T> {
  const client = new TimerClient({
    kafka: readsOnly ? nobody : kafka(),
    api: { url: apiUrl() },
    topicPrefix: topicPrefix(),
    ...(namespace !== undefined && { namespace }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  try {
    if (!readsOnly) await client.connect({ timeoutMs: connectTimeoutMs });
    return await work(client);
  } finally {
    await client.close();
  }
}

function running(variable: string): RunFile {
  try {
    return JSON.parse(readFileSync(runFile(), 'utf8')) as RunFile;
  } catch {
    throw new UsageError(
      `no Carillon runs here (no ${runFile()}): start it with \`carillon up\`, or set ${variable}`,
    );
  }
}

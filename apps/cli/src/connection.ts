import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { TimerClient } from '#client';
import { defaultGroupIds, defaultTopicPrefix } from '#contract';
import { ByDatabase, type DatabasePlace } from '#engine';
import { type KafkaSettings, kafkaSettings, kafkaVariables } from '#kafka';
import { databaseUrlsOf, databaseVariables } from '#postgres';
import { createLogger, givenVariables, loadConfig } from '#runtime';
import { UsageError } from './errors/exit-codes.js';

/** Where a running Carillon is: written by `carillon up`, removed when it ends. */
export interface RunFile {
  readonly kafkaBrokers: string;
  /** Of several databases the first. */
  readonly databaseUrl: string;
  /** In the order of their places, where there are several. */
  readonly databaseUrls?: DatabaseUrls;
  readonly httpUrl: string;
}
export type DatabaseUrls = readonly [string, ...string[]];
export const runFileOf = (kafkaBrokers: string, urls: DatabaseUrls, httpUrl: string): RunFile => ({
  kafkaBrokers,
  databaseUrl: urls[0],
  ...(urls.length > 1 && { databaseUrls: urls }),
  httpUrl,
});
export const homeDir = (): string => join(process.cwd(), '.carillon');
const runFile = (): string => join(homeDir(), 'run.json');

/** Says to the command line where a Carillon runs. The answer takes it back, unless another has said something else meanwhile. */
export function announce(run: RunFile, file = runFile()): () => void {
  const text = JSON.stringify(run);
  writeFileSync(file, text, { mode: 0o600 });
  return () => {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) rmSync(file);
  };
}

/** From the environment, or from a Carillon that runs here. @throws UsageError, InvalidConfiguration */
export function databaseUrls(): DatabaseUrls {
  const named = namedDatabases();
  if (named !== null) return named;
  const { databaseUrl, databaseUrls } = running('DATABASE_URL');
  return databaseUrls ?? [databaseUrl];
}
/** Null: the environment names none. @throws InvalidConfiguration */
export function namedDatabases(): DatabaseUrls | null {
  const named = loadConfig(z.object(databaseVariables), process.env);
  return named.DATABASE_URL === undefined && named.DATABASE_URLS === undefined ? null : databaseUrlsOf(named);
}
/** Of this process, without those that are empty. */
export const environment = () => givenVariables(process.env);

/** @throws UsageError */
export const apiUrl = (): string => environment().CARILLON_URL ?? running('CARILLON_URL').httpUrl;
/** Consumer groups of the processes, as their own configuration has them. */
export const groupIds = () => ({
  scheduler: environment().SCHEDULER_GROUP_ID ?? defaultGroupIds.scheduler,
  fire: environment().FIRE_GROUP_ID ?? defaultGroupIds.fire,
});
export const topicPrefix = (): string => environment().TOPIC_PREFIX ?? defaultTopicPrefix;

/** Of the brokers that are named, or that the environment names, or of a Carillon that runs here. @throws UsageError, InvalidConfiguration */
export function kafka(
  KAFKA_BROKERS = environment().KAFKA_BROKERS ?? running('KAFKA_BROKERS').kafkaBrokers,
): KafkaSettings {
  const variables = loadConfig(z.object(kafkaVariables), { ...process.env, KAFKA_BROKERS });
  return kafkaSettings(variables, 'carillon-cli', createLogger('cli', 'silent', false));
}

/** In each of the databases that hold the timers, one after the other; mostly there is one. */
export async function inEachDatabase<T>(
  work: (pool: pg.Pool, place: DatabasePlace) => Promise<T>,
  urls = databaseUrls(),
): Promise<readonly T[]> {
  const answers: T[] = [];
  for (const { url, place } of ByDatabase.from(urls, (url, place) => ({ url, place })).all)
    answers.push(await inDatabase(url, (pool) => work(pool, place)));
  return answers;
}

/** With a pool of each at once. */
export async function withPools<T>(work: (pools: ByDatabase<pg.Pool>) => Promise<T>): Promise<T> {
  const pools = ByDatabase.from(databaseUrls(), openPool);
  try {
    return await work(pools);
  } finally {
    await Promise.all(pools.all.map((pool) => pool.end()));
  }
}

/** In the database that has a slot or a partition. */
export function inDatabaseOf<T>(slotOrPartition: number, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  return inDatabase(new ByDatabase(databaseUrls()).of(slotOrPartition), work);
}

/** In the first of the databases, where what is not of a timer lies. */
export const inFirstDatabase = <T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> =>
  inDatabase(databaseUrls()[0], work);

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 5_000 });
  // of a connection that was cut off: what was asked on it fails and tells, and unheard it would end the process
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', () => undefined);
  return pool;
}

export async function inDatabase<T>(url: string, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const pool = openPool(url);
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
    api: { url: apiUrl(), ...tokenOf(environment()) },
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

const tokenOf = ({ CARILLON_TOKEN: token }: ReturnType<typeof environment>): { readonly token?: string } =>
  token === undefined ? {} : { token };

function running(variable: string): RunFile {
  try {
    return JSON.parse(readFileSync(runFile(), 'utf8')) as RunFile;
  } catch {
    throw new UsageError(
      `no Carillon runs here (no ${runFile()}): start it with \`carillon up\`, or set ${variable}`,
    );
  }
}

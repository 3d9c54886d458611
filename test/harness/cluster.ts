import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { inject } from 'vitest';
import { TimerClient, type TimerClientOptions } from '#client';
import { type CommandWire, type DueEvent, parseDueRecord, type Topics, topicsOf } from '#contract';
import { BatchProducer, type InRecord, KafkaAdmin, type KafkaSettings, type OutRecord } from '#kafka';
import { type VerifyReport, verify } from '#postgres';
import { type Database, freshDatabase, poolOf } from './database.js';
import { TestProcess } from './process.js';
import { TopicTail } from './topic-tail.js';
import { eventually } from './wait.js';

export const partitions = 4;

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface DueDelivery {
  readonly event: DueEvent;
  readonly record: InRecord;
}

/** Processes of the product on topics and a database of their own. */
export class Cluster {
  readonly topics: Topics;
  readonly kafka: KafkaSettings;
  /** Of each database that holds the timers, in the order of their places. */
  readonly pools: readonly [pg.Pool, ...pg.Pool[]];
  readonly databaseUrls: readonly [string, ...string[]];
  readonly #processes: TestProcess[] = [];
  readonly #closers: (() => Promise<unknown>)[] = [];
  #producer: BatchProducer | null = null;

  private constructor(
    readonly brokers: string,
    databases: readonly [Database, ...Database[]],
    readonly prefix: string,
  ) {
    this.topics = topicsOf(prefix);
    this.kafka = { brokers: brokers.split(','), clientId: 'spec', log: quiet };
    const [first, ...rest] = databases;
    this.databaseUrls = [first.url, ...rest.map(({ url }) => url)];
    this.pools = [this.#poolOf(first), ...rest.map((database) => this.#poolOf(database))];
  }

  static async open(brokers = inject('kafkaBrokers')): Promise<Cluster> {
    return new Cluster(brokers, [await freshDatabase()], `p${randomUUID().slice(0, 8)}`);
  }

  /** Whose timers two databases share. */
  static async openOnTwo(): Promise<Cluster> {
    const databases = [await freshDatabase(), await freshDatabase()] as const;
    return new Cluster(inject('kafkaBrokers'), databases, `p${randomUUID().slice(0, 8)}`);
  }

  #poolOf(database: Database): pg.Pool {
    const { pool, close } = poolOf(database);
    this.#closers.push(close);
    return pool;
  }

  get databaseUrl(): string {
    return this.databaseUrls[0];
  }
  get pool(): pg.Pool {
    return this.pools[0];
  }
  /** What names the databases to a process. */
  get databaseVariables(): Record<string, string> {
    return this.databaseUrls.length === 1
      ? { DATABASE_URL: this.databaseUrl }
      : { DATABASE_URLS: this.databaseUrls.join(',') };
  }
  /** What makes a process one of this cluster's, and of no other's. */
  get processVariables(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.brokers,
      ...this.databaseVariables,
      TOPIC_PREFIX: this.prefix,
      PARTITIONS: String(partitions),
      SCHEDULER_GROUP_ID: `${this.prefix}-scheduler`,
      FIRE_GROUP_ID: `${this.prefix}-fire`,
    };
  }

  /** Ends every process that is still there; what a spec left open is closed. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    for (const close of this.#closers.reverse()) await close();
  }

  async start(
    app: 'scheduler' | 'fire' | 'api',
    env: Readonly<Record<string, string>> = {},
  ): Promise<TestProcess> {
    const faulty = env.FAULT === undefined ? `apps/${app}/src/main.js` : `test/harness/faulty-${app}.js`;
    const process = TestProcess.start(app, faulty, {
      ...this.processVariables,
      LOG_LEVEL: 'info',
      ...env,
    });
    this.#processes.push(process);
    await eventually(`${app} is up`, () => {
      if (process.hasExited) throw new Error(`${app} ended: ${process.lines.join('\n')}`);
      return process.has(`${app} is up`);
    });
    return process;
  }

  /** A hook service that takes a little time for each event of the class `h`, and closes it. */
  async hook(env: Readonly<Record<string, string>> = {}): Promise<TestProcess> {
    const process = TestProcess.start('hook', 'test/chaos/hook-process.js', {
      KAFKA_BROKERS: this.brokers,
      TOPIC_PREFIX: this.prefix,
      PARTITIONS: String(partitions),
      HOOK_GROUP_ID: `${this.prefix}-hooks`,
      ...env,
    });
    this.#processes.push(process);
    await eventually('the hook is up', () => process.has('hook is up'));
    return process;
  }

  /** An api on a port of its own. */
  async api(
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly process: TestProcess; readonly url: string }> {
    const process = await this.start('api', { HTTP_PORT: '0', ...env });
    const line = process.lines.find((text) => text.includes('api is up')) ?? '{}';
    return { process, url: (JSON.parse(line) as { url: string }).url };
  }

  async client(options: Pick<TimerClientOptions, 'api' | 'namespace'> = {}): Promise<TimerClient> {
    const { kafka, prefix: topicPrefix } = this;
    const client = new TimerClient({ kafka, topicPrefix, timeoutMs: 30_000, ...options });
    await client.connect();
    this.#closers.push(() => client.close());
    return client;
  }

  async send(commands: readonly CommandWire[]): Promise<void> {
    await this.produce(
      commands.map((command) => ({
        topic: this.topics.commands,
        key: `${command.namespace}/${command.key}`,
        value: JSON.stringify(command),
      })),
    );
  }

  async produce(records: readonly OutRecord[]): Promise<void> {
    if (this.#producer === null) {
      const producer = new BatchProducer(this.kafka);
      this.#producer = producer;
      this.#closers.push(() => producer.stop());
    }
    await this.#producer.send(records);
  }

  async tail(topic: string): Promise<TopicTail> {
    await new KafkaAdmin(this.kafka).ensureTopics([{ topic, partitions, anyCount: true }]);
    const tail = await TopicTail.open(this.kafka, topic);
    this.#closers.push(() => tail.close());
    return tail;
  }

  /** Due events of a hook class as they are emitted, repeats and all. */
  async due(hookClass: string): Promise<{ readonly deliveries: () => DueDelivery[] }> {
    const tail = await this.tail(this.topics.due(hookClass));
    return {
      deliveries: () =>
        tail.records.flatMap((record) => {
          const parsed = parseDueRecord(record);
          return parsed.ok ? [{ event: parsed.event, record }] : [];
        }),
    };
  }

  async events(where = 'true', values: readonly unknown[] = []): Promise<LogRow[]> {
    const answers = await Promise.all(
      this.pools.map((pool) =>
        pool.query<LogRow>(
          `select partition, position, stream_id, version, type, record_key, data::json as data, recorded_at from event_log where ${where} order by partition, position`,
          [...values],
        ),
      ),
    );
    return answers.flatMap(({ rows }) => rows);
  }

  async count(type: string): Promise<number> {
    const answers = await Promise.all(
      this.pools.map((pool) =>
        pool.query<{ n: number }>('select count(*)::int as n from event_log where type = $1', [type]),
      ),
    );
    return answers.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0);
  }

  async verify(): Promise<VerifyReport> {
    const reports = await Promise.all(this.pools.map((pool) => verify(pool)));
    return {
      timers: reports.reduce((sum, { timers }) => sum + timers, 0),
      events: reports.reduce((sum, { events }) => sum + events, 0),
      findings: reports.flatMap(({ findings }) => findings),
      isCut: reports.some(({ isCut }) => isCut),
    };
  }
}

export interface LogRow {
  readonly partition: number;
  readonly position: string;
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly record_key: string;
  readonly data: Record<string, string | number | null>;
  readonly recorded_at: Date;
}

export const createCommand = (
  key: string,
  timer: Extract<CommandWire, { type: 'CreateTimer' }>['timer'],
  id: string = randomUUID(),
): CommandWire => ({
  type: 'CreateTimer',
  id,
  namespace: 'default',
  key,
  timer,
});

export const closeCommand = (
  { event }: Pick<DueDelivery, 'event'>,
  id: string = randomUUID(),
): CommandWire => ({
  type: 'CloseEvent',
  id,
  namespace: event.timer.namespace,
  key: event.timer.key,
  eventId: event.eventId,
  attempt: event.attempt,
});

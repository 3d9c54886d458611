import { CommandSender } from '#client';
import { topicsOf } from '#contract';
import { BulkWorker, Quotas, type TimerQueries } from '#engine';
import { KafkaAdmin, kafkaSettings } from '#kafka';
import { databaseUrlsOf, openAllPostgresQueries, openPostgresApiStore } from '#postgres';
import {
  type Logger,
  loopService,
  type Readiness,
  type Service,
  ServiceGroup,
  sleep,
  systemClock,
} from '#runtime';
import type { EpochMs } from '#timer';
import type { ApiParts } from './api.module.js';
import { authenticatorOf } from './auth/authenticator.js';
import { BulkSender } from './bulk/bulk-sender.js';
import { CommandDoor } from './commands/command-door.js';
import { Receipts } from './commands/receipts.js';
import type { ApiConfig } from './config.js';
import { CachedInstallation } from './installation/installation-reads.js';
import { type ApiMetrics, apiMetrics } from './metrics.js';
import { probeMetrics } from './probe/probe-metrics.js';
import { Prober } from './probe/prober.js';
import { TimerReads } from './timers/timer-reads.js';
import { WatchHub } from './watch/hub.js';

export interface Api extends Service {
  readonly parts: ApiParts;
}

/** A scrape counts so many open events and no more. */
const openCountedMax = 100_000;

/** Puts the api together: commands to Kafka, queries and the log from Postgres. */
export function composeApi(config: ApiConfig, logger: Logger): Api {
  const databaseUrls = databaseUrlsOf(config);
  const kafka = kafkaSettings(config, 'carillon-api', logger);
  const sender = new CommandSender({ kafka, topicPrefix: config.TOPIC_PREFIX });
  const settings = { applicationName: 'carillon api', log: logger };
  const { queries, each, installation, close: closeQueries } = openAllPostgresQueries(databaseUrls, settings);
  const store = openPostgresApiStore(databaseUrls, settings);
  const receipts = new Receipts(store.outcomes, queries);
  const hub = new WatchHub(
    {
      pollMs: config.WATCH_POLL_MS,
      heartbeatMs: config.WATCH_HEARTBEAT_MS,
      streamsMax: config.WATCHERS_MAX,
    },
    { live: store.live, past: store.past, queries, logger },
  );
  const worker = new BulkWorker({
    store: store.bulks,
    queries,
    commands: new BulkSender(sender, config.COMMAND_TIMEOUT_MS),
    logger,
    sleep,
  });
  const metrics = apiMetrics({
    watchers: () => hub.size,
    openEvents: async () => (await queries.count({ status: ['open'] }, openCountedMax)).count,
  });
  const partitions = async (): Promise<number> => (await store.live.topology()).partitions;
  const services = new ServiceGroup(
    [
      {
        start: async () => undefined,
        stop: async () => void (await Promise.all([closeQueries(), store.close()])),
      },
      { start: () => sender.connect(), stop: () => sender.close() },
      // the scheduler has made schema and topics by now
      { start: () => store.expectPlaces(), stop: async () => undefined },
      loopService((stop) => worker.run(stop)),
      ...probers(config, partitions, sender, metrics, logger),
      hub,
    ],
    logger,
  );
  return {
    parts: {
      config,
      logger,
      authenticator: authenticatorOf(config, { keys: store.keys, now: clock, logger }),
      hub,
      metrics,
      reads: new TimerReads(queries),
      commands: new CommandDoor(sender, receipts, config.COMMAND_TIMEOUT_MS, new Quotas(config.QUOTAS)),
      bulks: store.bulks,
      receipts,
      installation: new CachedInstallation({
        log: installation,
        kafka: new KafkaAdmin(kafka),
        topics: topicsOf(config.TOPIC_PREFIX),
        groups: { scheduler: config.SCHEDULER_GROUP_ID, fire: config.FIRE_GROUP_ID },
        clock,
        logger,
      }),
      clock,
      readiness: async () => (hub.isStopped ? 'this process goes away' : readiness(each)()),
    },
    start: () => services.start(),
    stop: () => services.stop(),
  };
}

const clock = (): EpochMs => Math.floor(systemClock()) as EpochMs;

function probers(
  config: ApiConfig,
  partitions: () => Promise<number>,
  sender: CommandSender,
  { page }: ApiMetrics,
  logger: Logger,
): Service[] {
  const { PROBE_EVERY_MS: everyMs, TOPIC_PREFIX: topicPrefix } = config;
  if (everyMs === 0) return [];
  const kafka = kafkaSettings(config, 'carillon-probe', logger);
  return [
    new Prober({
      ...{ kafka, topicPrefix, partitions, everyMs, sender, logger },
      metrics: probeMetrics(page),
    }),
  ];
}

const nobody = { namespace: '-', key: '-' };

/** One database that answers is enough: its timers could not be asked for if all processes were taken for away. */
const readiness =
  (databases: readonly Pick<TimerQueries, 'byKey'>[]): Readiness =>
  () =>
    Promise.any(databases.map((queries) => queries.byKey(nobody.namespace, nobody.key))).then(
      () => null,
      (error: AggregateError) => `Postgres does not answer: ${error.errors.map(String).join('; ')}`,
    );

import { emittedBytesMax, topicsOf } from '#contract';
import { ByDatabase, type FireService, FireServices, handOver } from '#engine';
import { BatchProducer, KafkaAdmin, kafkaSettings } from '#kafka';
import { databaseUrlsOf, migrateAll, openPostgresStore, type PostgresStore } from '#postgres';
import {
  every,
  healthServer,
  isTracing,
  type Logger,
  loopService,
  type Service,
  ServiceGroup,
  sleep,
  systemClock,
  together,
} from '#runtime';
import type { FireConfig } from './config.js';
import { KafkaEmissionSink } from './emission-sink.js';
import { feedConsumer } from './feed-consumer.js';
import { type FireParts, type FireWraps, fireOfStore } from './fire-of-store.js';
import { FiringSpans } from './firing-spans.js';
import { fireMetrics } from './metrics.js';

/** What a dead process has left is due for a second before it is looked for, and within two it is to be fired. */
const sweptEveryMs = 500;
const resendLeaseMs = 5_000;
const tidiedEveryMs = 3_600_000;
/**
 * Firing itself waits while `emissionsInFlightMax` batches are on their way. A refusal would count as a silent Kafka, and of a batch
 * whose classes do not fit together the same ones would be refused each time.
 */
const emissionsWait = { waitingBytesMax: Number.POSITIVE_INFINITY };

/** Puts the fire service together: the feed tells clocks, due timers go out. */
export function composeFire(
  config: FireConfig,
  logger: Logger,
  onFatal: (error: unknown) => void,
  wraps: FireWraps = {},
): Service {
  const topics = topicsOf(config.TOPIC_PREFIX);
  const kafka = kafkaSettings(config, 'carillon-fire', logger);
  const stores = ByDatabase.from(databaseUrlsOf(config), (databaseUrl) =>
    openPostgresStore({ databaseUrl, applicationName: 'carillon fire', log: logger }),
  );
  const [admin, producer] = [new KafkaAdmin(kafka), new BatchProducer(kafka, emissionsWait)];
  const sink = new KafkaEmissionSink(producer, admin, topics, config.PARTITIONS, systemClock);
  const warn = (what: string) => (error: unknown) => logger.warn({ err: error }, what);

  const spans = isTracing() ? new FiringSpans() : null;
  const metrics = fireMetrics({
    armed: () => fire.armed,
    slots: () => fire.slots.length,
    skewMs: () => fire.skewMs,
  });
  const parts: FireParts = { config, sink, metrics: metrics.observer, spans, logger, onFatal, wraps };
  const services = stores.map((store, place) => fireOfStore(store, place, parts));
  const fire = new FireServices({ services, logger, sleep });
  const { events } = topics;
  const consumer = feedConsumer(kafka, { groupId: config.FIRE_GROUP_ID, topic: events }, fire, logger);

  const preparing = 'schema and topics are being prepared';
  /** Whatever the databases say: a beginning, or an end that finishes and hands over. */
  let notReadyBecause: string | null = preparing;
  const group = new ServiceGroup(
    [
      // live while a migration takes its time: a probe that ended the process would have it begun anew
      healthServer({
        port: config.HTTP_PORT,
        host: config.HTTP_HOST,
        ready: () => notReadyBecause ?? readiness(stores),
        metrics: metrics.page,
      }),
      {
        start: async () => {
          await prepare(config, admin, events, logger);
          if (notReadyBecause === preparing) notReadyBecause = null;
        },
        stop: () => closeAll(stores),
      },
      { start: () => producer.start(), stop: () => producer.stop() },
      together(services.all.map((service) => new ServiceGroup(loopsOf(service, warn), logger))),
      together(
        stores.all.map((store) =>
          every(tidiedEveryMs, () => store.tidy(), warn('tidying will be tried again')),
        ),
      ),
      {
        start: async () => undefined,
        // out of the group by now, and still firing: until those who stay have read what is due
        stop: () => handOver(() => admin.groupState(config.FIRE_GROUP_ID), sleep),
      },
      {
        // a share of the slots comes when the group says so; sweeping and sending again need none
        start: async () => void consumer.start(),
        stop: () => consumer.stop(),
      },
    ],
    logger,
  );
  return {
    start: () => group.start(),
    stop: () => {
      notReadyBecause = 'this process goes away';
      return group.stop();
    },
  };
}

/** It fires, and looks again and again for what others have left: overdue, or never acknowledged. */
const loopsOf = (service: FireService, warn: (what: string) => (error: unknown) => void): Service[] => [
  loopService((stop) => service.run(stop)),
  every(sweptEveryMs, () => service.sweep(), warn('the sweep will be tried again')),
  every(
    sweptEveryMs,
    () => service.resendPending(resendLeaseMs),
    warn('pending emissions will be looked for again'),
  ),
];

/** Firing needs databases that answer; a share of the slots comes and goes, and sweeping needs none. */
const readiness = (stores: ByDatabase<PostgresStore>): Promise<string | null> =>
  Promise.all(stores.all.map(({ due }) => due.now())).then(
    () => null,
    (error: unknown) => `the log does not answer: ${String(error)}`,
  );

const closeAll = async (stores: ByDatabase<PostgresStore>): Promise<void> =>
  void (await Promise.all(stores.all.map((store) => store.close())));

async function prepare(config: FireConfig, admin: KafkaAdmin, events: string, logger: Logger): Promise<void> {
  const partitions = await migrateAll(databaseUrlsOf(config), config.PARTITIONS, {
    tell: (message) => logger.warn(message),
  });
  await admin.ensureTopics([
    { topic: events, partitions, mayBeWider: true, config: { 'max.message.bytes': String(emittedBytesMax) } },
  ]);
}

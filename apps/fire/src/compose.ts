import { emittedBytesMax, feedClockHeaders, parseFeedClock, topicsOf } from '#contract';
import {
  ByDatabase,
  type DatabasePlace,
  defaultFireLimits,
  type EmissionId,
  type EmissionSink,
  type FireObserver,
  FireService,
  FireServices,
  handOver,
  isHeldBy,
  type LocalClock,
  slotsOf,
  type TimerLog,
} from '#engine';
import { BatchConsumer, BatchProducer, KafkaAdmin, kafkaSettings, partitionKey, someHeaders } from '#kafka';
import { databaseUrlsOf, migrateAll, openPostgresStore, type PostgresStore } from '#postgres';
import {
  every,
  healthServer,
  isTracing,
  type Logger,
  loopService,
  randomBytesPooled,
  type Service,
  ServiceGroup,
  sleep,
  systemClock,
} from '#runtime';
import { decideWithZoneData, evolve, mintEventId, mintTimerId, slotOfTimerId } from '#timer';
import type { FireConfig } from './config.js';
import { KafkaEmissionSink } from './emission-sink.js';
import { FiringSpans } from './firing-spans.js';
import { fireMetrics } from './metrics.js';

const sweptEveryMs = 1_000;
const resendLeaseMs = 5_000;
const tidiedEveryMs = 3_600_000;

/** Places where a test may stand in: between decisions and the log, between the commit and Kafka. */
export interface FireWraps {
  readonly log?: (log: TimerLog) => TimerLog;
  readonly sink?: (sink: EmissionSink) => EmissionSink;
  readonly observer?: FireObserver;
  readonly clock?: LocalClock;
}

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
    openPostgresStore({
      databaseUrl,
      applicationName: 'carillon fire',
      log: logger,
    }),
  );
  const [admin, producer] = [new KafkaAdmin(kafka), new BatchProducer(kafka)];
  const sink = new KafkaEmissionSink(producer, admin, topics, config.PARTITIONS);
  const warn = (what: string) => (error: unknown) => logger.warn({ err: error }, what);

  const spans = isTracing() ? new FiringSpans() : null;
  const metrics = fireMetrics({
    armed: () => fire.armed,
    slots: () => fire.slots.length,
    skewMs: () => fire.skewMs,
  });
  const fireOf = (store: PostgresStore, place: DatabasePlace) =>
    new FireService({
      log: wraps.log?.(store.log) ?? store.log,
      index: store.due,
      timer: { decide: decideWithZoneData(process.versions.tz ?? 'unknown'), evolve },
      mint: {
        eventId: () => mintEventId(Date.now(), randomBytesPooled(10)),
        emissionId: () => mintEventId(Date.now(), randomBytesPooled(10)) as string as EmissionId,
        slotOf: slotOfTimerId,
        isHere: (slot) => isHeldBy(place, slot),
        timerId: (slot) => mintTimerId(Date.now(), slot, randomBytesPooled(9)),
      },
      sink: wraps.sink?.(sink) ?? sink,
      logger,
      clock: wraps.clock ?? systemClock,
      sleep,
      onFatal,
      observer: {
        emitted: (emissions, acknowledgedAt) => {
          metrics.observer.emitted?.(emissions, acknowledgedAt);
          spans?.emitted(emissions, acknowledgedAt);
          wraps.observer?.emitted?.(emissions, acknowledgedAt);
        },
        loaded: (slots, timers, tookMs) => {
          logger.info({ slots, timers, tookMs: Math.round(tookMs) }, 'read what is due soon');
          metrics.observer.loaded?.(slots, timers, tookMs);
          wraps.observer?.loaded?.(slots, timers, tookMs);
        },
        tookOver: (takeover) => {
          const { slots, rows, loadMs, latenessMs } = takeover;
          logger.info(
            { slots, rows, loadMs: Math.round(loadMs), latenessMs: Math.round(latenessMs) },
            'took slots over',
          );
          metrics.observer.tookOver?.(takeover);
          wraps.observer?.tookOver?.(takeover);
        },
      },
      traceOf: spans?.traceOf,
      limits: {
        ...defaultFireLimits,
        armedMax: Math.floor(config.ARMED_MAX / place.of),
        windowMs: config.WINDOW_MS,
      },
    });
  const services = stores.map(fireOf);
  const fire = new FireServices({ services, logger, sleep });

  const consumer: BatchConsumer = new BatchConsumer(kafka, {
    groupId: config.FIRE_GROUP_ID,
    topics: [topics.events],
    // from the end, asked before what is due is read: what comes between is in both, and the version decides
    startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
    onAssigned: async (partitions) => {
      const slots = slotsOf(
        partitions.map(({ partition }) => partition),
        consumer.widthOf(topics.events),
      );
      await fire.own(slots);
      const numbers = partitions.map(({ partition }) => partition);
      logger.info({ partitions: numbers, slots: slots.length, armed: fire.armed }, 'owns slots');
    },
    onRebalancing: () => fire.unfollow(),
    onRecords: (_topic, _partition, records) => {
      for (const record of records) {
        const clock = parseFeedClock(someHeaders(record, feedClockHeaders));
        if (clock !== null)
          fire.follow(clock.timerId, slotOfTimerId(clock.timerId), clock.version, clock.nextFireAt);
      }
    },
  });

  /** It finishes and hands over. */
  let isLeaving = false;
  const group = new ServiceGroup(
    [
      { start: () => prepare(config, admin, topics.events), stop: () => closeAll(stores) },
      healthServer({
        port: config.HTTP_PORT,
        host: config.HTTP_HOST,
        ready: () => (isLeaving ? 'this process goes away' : readiness(stores)),
        metrics: metrics.page,
      }),
      { start: () => producer.start(), stop: () => producer.stop() },
      ...services.all.flatMap((service) => [
        loopService((stop) => service.run(stop)),
        every(sweptEveryMs, () => service.sweep(), warn('the sweep will be tried again')),
        every(
          sweptEveryMs,
          () => service.resendPending(resendLeaseMs),
          warn('pending emissions will be looked for again'),
        ),
      ]),
      ...stores.all.map((store) =>
        every(tidiedEveryMs, () => store.tidy(), warn('tidying will be tried again')),
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
      isLeaving = true;
      return group.stop();
    },
  };
}

/** Firing needs databases that answer; a share of the slots comes and goes, and sweeping needs none. */
const readiness = (stores: ByDatabase<PostgresStore>): Promise<string | null> =>
  Promise.all(stores.all.map(({ due }) => due.now())).then(
    () => null,
    (error: unknown) => `the log does not answer: ${String(error)}`,
  );

const closeAll = async (stores: ByDatabase<PostgresStore>): Promise<void> =>
  void (await Promise.all(stores.all.map((store) => store.close())));

async function prepare(config: FireConfig, admin: KafkaAdmin, events: string): Promise<void> {
  const { PARTITIONS } = config;
  const partitions = await migrateAll(databaseUrlsOf(config), PARTITIONS);
  await admin.ensureTopics([
    { topic: events, partitions, mayBeWider: true, config: { 'max.message.bytes': String(emittedBytesMax) } },
  ]);
}

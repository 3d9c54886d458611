import { topicsOf } from '#contract';
import {
  ByDatabase,
  CommandRouter,
  CommandService,
  type DatabasePlace,
  HeldPartitions,
  handOver,
  type TimerLog,
} from '#engine';
import {
  BatchProducer,
  KafkaAdmin,
  kafkaSettings,
  type ReplyAddress,
  settlesWithin,
  type TopicPartition,
} from '#kafka';
import { databaseUrlsOf, openPostgresStore, type PostgresStore } from '#postgres';
import {
  every,
  healthServer,
  isTracing,
  type Logger,
  randomBytesPooled,
  type Service,
  ServiceGroup,
  sleep,
  together,
} from '#runtime';
import { decideWithZoneData, evolve, mintTimerId } from '#timer';
import { bulkService } from './bulks.js';
import { CommandSpans } from './command-spans.js';
import type { SchedulerConfig } from './config.js';
import { type Intake, intakeOf } from './intake/intake.js';
import { sentOn } from './intake/send-on.js';
import { schedulerMetrics } from './metrics.js';
import { prepare } from './prepare.js';
import { quotaParts } from './quotas.js';
import { RelayThread } from './relay/relay-thread.js';
import { Replies } from './replies.js';
import { retentionService } from './retention.js';
import { ShareRead } from './share-read.js';

const offsetsMirroredEveryMs = 5_000;
const tidiedEveryMs = 3_600_000;
const expansionLookedForEveryMs = 250;
/** Until then a rate may be granted in shares of the log as it was before an expansion. */
const shareReadEveryMs = 2_000;
const drainedMaxMs = 3_000;

export interface Scheduler extends Service {
  readonly intake: Intake;
  /** It is about to stop: not ready any more, while it finishes and hands over. */
  leave(): void;
  /** Given by the transport once it is there. */
  attach(consumer: SchedulerConsumer): void;
}
export interface SchedulerConsumer {
  seek(topic: string, partition: number, offset: bigint): void;
  reposition(): void;
  commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void>;
}

/** Puts the scheduler together: commands in, log and relay out. `wrapLog` lets a test stand between decisions and the log. */
export function composeScheduler(
  config: SchedulerConfig,
  logger: Logger,
  onFatal: (error: unknown) => void,
  wrapLog = (log: TimerLog): TimerLog => log,
): Scheduler {
  const topics = topicsOf(config.TOPIC_PREFIX);
  const kafka = kafkaSettings(config, 'carillon-scheduler', logger);
  const stores = ByDatabase.from(databaseUrlsOf(config), (databaseUrl) =>
    openPostgresStore({
      databaseUrl,
      applicationName: 'carillon scheduler',
      log: logger,
    }),
  );
  const logs = stores.map(({ log }) => wrapLog(log));
  const admin = new KafkaAdmin(kafka);
  const replies = new BatchProducer(kafka);
  const relay = new RelayThread(config, onFatal);
  const spans = isTracing() ? new CommandSpans() : null;
  let consumer: SchedulerConsumer | null = null;
  const preparing = 'schema and topics are being prepared';
  /** Whatever the database says: its beginning, a partition that is not consumed, or its end. */
  let notReadyBecause: string | null = preparing;
  const held = new HeldPartitions(
    stores.map((store, { number }) => ({
      topology: () => store.topology(),
      storedOffsets: (partitions) => logs.of(number).storedOffsets(topics.commands, partitions),
    })),
    sleep,
  );
  /** Of the whole log, as last seen: any former number names the same database for a slot. */
  let logPartitions = config.PARTITIONS;
  const warn = (what: string) => (error: unknown) => logger.warn({ err: error }, what);

  /** Partitions that are read here. */
  let owned: readonly number[] = [];
  const shareRead = new ShareRead(config.PARTITIONS, stores.all, () => owned);
  const metrics = schedulerMetrics({
    waiting: () => commands.waiting,
    relayLag: () => relay.lag,
    partitions: () => owned.length,
  });
  const quotas = quotaParts(
    config.QUOTAS,
    stores.map((store) => store.usage),
    metrics,
    () => shareRead.share,
    warn('how many timers there are will be read again'),
  );

  const answersOf = logs.map((log) => new Replies(log, replies));
  const commandsOf = (store: PostgresStore, log: TimerLog, place: DatabasePlace) => {
    const answers = answersOf.of(place.number);
    return new CommandService<ReplyAddress>({
      logs: [log, wrapLog(store.anotherLog())],
      place,
      ...(place.of > 1 && {
        sendOn: (misplaced) => replies.send(misplaced.map((envelope) => sentOn(envelope, logPartitions))),
      }),
      ...(quotas.guardOf !== undefined && { quotas: quotas.guardOf(place.number) }),
      timer: { decide: decideWithZoneData(process.versions.tz ?? 'unknown'), evolve },
      mintTimerId: (slot) => mintTimerId(Date.now(), slot, randomBytesPooled(9)),
      logger,
      sleep,
      onFatal,
      // one read brings all partitions, which are handed over one by one in the same turn of the event loop
      gather: () => new Promise((resolve) => setImmediate(resolve)),
      mayWrite: () => relay.nearEnough(place.number),
      onOutcomes: (outcomes) => {
        relay.nudge();
        metrics.decided(outcomes);
        spans?.end(outcomes);
        answers.send(outcomes).catch(warn('a reply was not sent; the client asks again'));
      },
      onLostSource: (topic, partition, storedOffset) => {
        if (storedOffset !== null) consumer?.seek(topic, partition, storedOffset);
      },
    });
  };
  const commands = new CommandRouter(
    stores.map((store, place) => commandsOf(store, logs.of(place.number), place)),
  );

  const services = new ServiceGroup(
    [
      // live while a migration takes its time: a probe that ended the process would have it begun anew
      healthServer({
        port: config.HTTP_PORT,
        host: config.HTTP_HOST,
        ready: async () => notReadyBecause ?? (await readiness(logs, topics.commands)) ?? held.reason,
        metrics: metrics.page,
      }),
      {
        start: async () => {
          logPartitions = await prepare(config, admin, topics, logger);
          if (notReadyBecause === preparing) notReadyBecause = null;
          logger.info({ partitions: logPartitions }, 'the log is there');
        },
        stop: async () => void (await Promise.all(stores.all.map((store) => store.close()))),
      },
      producerService(replies),
      relay,
      ...quotas.services,
      ...(quotas.guardOf === undefined
        ? []
        : [
            { start: () => shareRead.look(), stop: async () => undefined },
            every(
              shareReadEveryMs,
              () => shareRead.look(),
              warn('the share of a rate will be reckoned again'),
            ),
          ]),
      bulkService(config, logger),
      together(
        stores.map((store, { number }) =>
          retentionService(config, logger, {
            store: store.retention,
            openLog: () => wrapLog(store.anotherLog()),
            mayWrite: () => relay.nearEnough(number),
          }),
        ).all,
      ),
      together(
        stores.all.map((store) =>
          every(tidiedEveryMs, () => store.tidy(), warn('tidying will be tried again')),
        ),
      ),
      every(
        expansionLookedForEveryMs,
        async () => {
          if (await held.mayBegin()) consumer?.reposition();
        },
        warn('whether the log was expanded will be asked again'),
      ),
      every(
        offsetsMirroredEveryMs,
        async () => consumer?.commit(commands.positionsOf(topics.commands)),
        // lag tools show old figures for a while; nothing depends on them
        warn('offsets were not mirrored to Kafka'),
      ),
      stopping(async () => {
        // out of the group by now: what a database does not take in time is read by those who stay
        await settlesWithin(drainedMaxMs, commands.drained());
        await settlesWithin(drainedMaxMs, Promise.all(answersOf.all.map((answers) => answers.stop())));
        // its partitions are published until those who stay take them over
        await handOver(() => admin.groupState(config.SCHEDULER_GROUP_ID), sleep);
      }),
    ],
    logger,
  );

  return {
    start: () => services.start(),
    stop: () => services.stop(),
    leave: () => {
      notReadyBecause = 'this process goes away';
    },
    attach: (given) => {
      consumer = given;
    },
    intake: intakeOf({
      commandsTopic: topics.commands,
      commands,
      held,
      databases: stores.count,
      spans,
      metrics,
      logger,
      onOwned: (partitions) => {
        owned = partitions;
        relay.want(partitions);
      },
      onOutOfRange: (error) => {
        notReadyBecause = error.message;
      },
    }),
  };
}

async function readiness(logs: ByDatabase<TimerLog>, topic: string): Promise<string | null> {
  // the one thing that every command needs: a database that answers
  return Promise.all(logs.all.map((log) => log.storedOffsets(topic, []))).then(
    () => null,
    (error: unknown) => `the log does not answer: ${String(error)}`,
  );
}

const stopping = (stop: () => Promise<void>): Service => ({ start: async () => undefined, stop });

const producerService = (producer: BatchProducer): Service => ({
  start: () => producer.start(),
  stop: () => producer.stop(),
});

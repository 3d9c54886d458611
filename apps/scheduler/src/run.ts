import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { topicsOf } from '#contract';
import type { TimerLog } from '#engine';
import { kafkaSettings } from '#kafka';
import { databaseUrlsOf } from '#postgres';
import { createLogger, nestLog, type Service, startTracing, stopOnSignals } from '#runtime';
import { KafkaBatchTransport } from '#transport';
import { composeScheduler } from './compose.js';
import type { SchedulerConfig } from './config.js';
import { SchedulerModule } from './scheduler.module.js';

/**
 * There is no room for more commands of a partition: its database is away, or busy. Those of another are read on; what waits in memory
 * meanwhile is bounded by the partition only. With one database everything waits for it alike.
 */
const besideOthers = { pausedAfterMs: 250, bytesPerPartitionMax: 256 * 1024 };

/** Starts a scheduler in this process; resolves when it consumes. */
export async function runScheduler(
  config: SchedulerConfig,
  wrapLog?: (log: TimerLog) => TimerLog,
): Promise<Service> {
  const logger = createLogger('scheduler', config.LOG_LEVEL);
  const crash = (error: unknown): void => {
    logger.fatal({ err: error }, 'the scheduler cannot go on');
    process.exit(1);
  };
  const tracing = await startTracing('carillon-scheduler', logger);
  const scheduler = composeScheduler(config, logger, crash, wrapLog);
  const strategy = new KafkaBatchTransport(kafkaSettings(config, 'carillon-scheduler', logger), {
    groupId: config.SCHEDULER_GROUP_ID,
    topics: { commands: topicsOf(config.TOPIC_PREFIX).commands },
    ...(databaseUrlsOf(config).length > 1 && besideOthers),
    ...scheduler.intake,
  });
  scheduler.attach(strategy.consumer);
  const app = await NestFactory.createMicroservice(SchedulerModule.wire(scheduler), {
    strategy,
    logger: nestLog(logger),
    abortOnError: false,
  });
  await app.listen();
  logger.info({ brokers: config.KAFKA_BROKERS }, 'scheduler is up');
  const service: Service = {
    start: async () => undefined,
    stop: async () => {
      scheduler.leave();
      await app.close();
      await tracing.stop();
    },
  };
  stopOnSignals(service, logger);
  return service;
}

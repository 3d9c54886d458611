import { commandBytesMax, emittedBytesMax, rejectedBytesMax, type topicsOf } from '#contract';
import type { KafkaAdmin } from '#kafka';
import { databaseUrlsOf, migrateAll } from '#postgres';
import type { Logger } from '#runtime';
import type { SchedulerConfig } from './config.js';

/**
 * Makes the databases and the topics what this release needs.
 * @returns the number of partitions of the whole log
 */
export async function prepare(
  config: SchedulerConfig,
  admin: KafkaAdmin,
  topics: ReturnType<typeof topicsOf>,
  logger: Logger,
): Promise<number> {
  const partitions = await migrateAll(databaseUrlsOf(config), config.PARTITIONS, {
    tell: (message) => logger.warn(message),
  });
  const overhead = 4 * 1024;
  const made = (bytesMax: number, more: Readonly<Record<string, string>> = {}) => ({
    partitions,
    config: { 'max.message.bytes': String(bytesMax), ...more },
  });
  await admin.ensureTopics([
    { topic: topics.commands, ...made(commandBytesMax + overhead), mayBeWider: true },
    { topic: topics.events, ...made(emittedBytesMax), mayBeWider: true },
    { topic: topics.rejected, ...made(rejectedBytesMax + overhead), mayBeWider: true },
    // an expansion leaves these two as they are: nobody counts their partitions
    { topic: topics.dead, ...made(emittedBytesMax), anyCount: true },
    { topic: topics.replies, ...made(emittedBytesMax, { 'retention.ms': '3600000' }), anyCount: true },
  ]);
  return partitions;
}

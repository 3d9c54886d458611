import { feedClockHeaders, parseFeedClock } from '#contract';
import { type FireServices, slotsOf } from '#engine';
import { BatchConsumer, type KafkaSettings, partitionKey, someHeaders } from '#kafka';
import type { Logger } from '#runtime';
import { slotOfTimerId } from '#timer';

/** Follows the log: shares of its topic are shares of the slots, and each event tells the clock of its timer. */
export function feedConsumer(
  kafka: KafkaSettings,
  { groupId, topic }: { readonly groupId: string; readonly topic: string },
  fire: FireServices,
  logger: Logger,
): BatchConsumer {
  const consumer: BatchConsumer = new BatchConsumer(kafka, {
    groupId,
    topics: [topic],
    // from the end, asked before what is due is read: what comes between is in both, and the version decides
    startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
    onAssigned: async (partitions) => {
      const numbers = partitions.map(({ partition }) => partition);
      const slots = slotsOf(numbers, consumer.widthOf(topic));
      await fire.own(slots);
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
  return consumer;
}

// Batches in and out of Kafka; the only importer of kafkajs, so that it can be replaced. No Nest.
// Start at batch-consumer.ts: who keeps offsets, and what happens at a rebalance.
export { type GroupMember, KafkaAdmin, type PartitionRange } from './admin.js';
export { BatchConsumer } from './batch-consumer.js';
export type { BatchConsumerOptions } from './batch-consumer-options.js';
export { BatchProducer } from './batch-producer.js';
export { ensureEach } from './ensure-each.js';
export { kafkaSettings, kafkaVariables, topicPrefixVariable } from './environment.js';
export { ringAfter, ringEvery } from './machine-clock.js';
export { type ReadGap, ReadPositions } from './read-positions.js';
export { type InRecord, type OutRecord, partitionKey, someHeaders, type TopicPartition } from './records.js';
export { correlationOf, type ReplyAddress, replyAddress, replyHeaders, replyRecord } from './replies.js';
export { SendQueueFull } from './send-queue.js';
export type { KafkaSettings, Logger } from './settings.js';
export { settlesWithin } from './settles-within.js';
export { sleep } from './sleep.js';
export { type KnownStart, OffsetOutOfRange, type StartOffset } from './start-offset.js';
export { TopicRefused } from './topic-refused.js';
export { contextOf, readTraceparent, traceparentHeader, traceparentOf } from './trace-context.js';

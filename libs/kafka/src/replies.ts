import type { InRecord, OutRecord } from './records.js';

// The reply protocol of Nest's own Kafka client, so that `client.send('timers.commands', …)` works unchanged.

const correlationIdHeader = 'kafka_correlationId';
const replyTopicHeader = 'kafka_replyTopic';
const replyPartitionHeader = 'kafka_replyPartition';
const errorHeader = 'kafka_nest-err';
const disposedHeader = 'kafka_nest-is-disposed';

/** Where an answer is wanted. */
export interface ReplyAddress {
  readonly topic: string;
  readonly partition: number | null;
  readonly correlationId: Buffer;
}

export const replyHeaders = (
  topic: string,
  partition: number,
  correlationId: string,
): Record<string, string> => ({
  [correlationIdHeader]: correlationId,
  [replyTopicHeader]: topic,
  [replyPartitionHeader]: String(partition),
});

/** Null: the sender waits for no answer. */
export function replyAddress({ headers }: Pick<InRecord, 'headers'>): ReplyAddress | null {
  const [correlationId, topic, partition] = [
    headers[correlationIdHeader],
    headers[replyTopicHeader],
    headers[replyPartitionHeader],
  ];
  if (correlationId === undefined || topic === undefined || topic.length === 0) return null;
  const number = partition === undefined ? Number.NaN : Number.parseInt(partition.toString(), 10);
  return {
    topic: topic.toString(),
    partition: Number.isInteger(number) && number >= 0 ? number : null,
    correlationId,
  };
}

/** @param error the whole error, as JSON, for a refusal: Nest throws it at the sender */
export function replyRecord(address: ReplyAddress, body: string, error: string | null): OutRecord {
  return {
    topic: address.topic,
    ...(address.partition !== null && { partition: address.partition }),
    key: null,
    value: body,
    headers: {
      [correlationIdHeader]: address.correlationId,
      [disposedHeader]: '1',
      ...(error !== null && { [errorHeader]: error }),
    },
  };
}

export const correlationOf = ({ headers }: Pick<InRecord, 'headers'>): string | null =>
  headers[correlationIdHeader]?.toString() ?? null;

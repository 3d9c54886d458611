import type { IHeaders, KafkaMessage } from 'kafkajs';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface InRecord extends TopicPartition {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
  readonly timestampMs: number;
}

export interface OutRecord {
  readonly topic: string;
  /** Absent: by the key, as Kafka's Java client does. */
  readonly partition?: number;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
}

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

export function inRecord(topic: string, partition: number, message: KafkaMessage): InRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: singleHeaders(message.headers),
    timestampMs: Number(message.timestamp),
  };
}

/** A header that is given several times counts as its last value. */
function singleHeaders(headers: IHeaders | undefined): Readonly<Record<string, Buffer | undefined>> {
  const single: Record<string, Buffer | undefined> = {};
  for (const name in headers) {
    const given = headers[name];
    const last = Array.isArray(given) ? given.at(-1) : given;
    single[name] = typeof last === 'string' ? Buffer.from(last) : last;
  }
  return single;
}

import type { IHeaders, KafkaMessage } from 'kafkajs';
import { DecodedRecord } from './record-codec.js';

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

/** What nobody asks for is not read. */
class ReceivedRecord implements InRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #message: KafkaMessage;
  #headers: InRecord['headers'] | null = null;

  constructor(
    readonly topic: string,
    readonly partition: number,
    message: KafkaMessage,
  ) {
    this.offset = BigInt(message.offset);
    this.key = message.key;
    this.value = message.value;
    this.#message = message;
  }

  get headers(): InRecord['headers'] {
    this.#headers ??= singleHeaders(this.#message.headers);
    return this.#headers;
  }

  get timestampMs(): number {
    return Number(this.#message.timestamp);
  }

  some(names: readonly string[]): InRecord['headers'] {
    const message: object = this.#message;
    return message instanceof DecodedRecord ? message.headersOf(names) : this.headers;
  }
}

export const inRecord = (topic: string, partition: number, message: KafkaMessage): InRecord =>
  new ReceivedRecord(topic, partition, message);

/** These headers, by their ASCII names, at least; for who reads few of many, for each record. */
export const someHeaders = (record: InRecord, names: readonly string[]): InRecord['headers'] =>
  record instanceof ReceivedRecord ? record.some(names) : record.headers;

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

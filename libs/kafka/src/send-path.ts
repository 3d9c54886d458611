import { createRequire } from 'node:module';
import { crc32c } from '@node-rs/crc32';
import { murmur2 } from '#timer';
import { replaceModule } from './replace-module.js';

// Three more functions in place of kafkajs's own (docs/adr/0005): it sums a batch byte by byte in JavaScript, a twelfth as fast as the
// processor's own instruction, groups a send by copying each partition's list once for every record in it, and hashes keys in bigints.

interface Grouping<Message> {
  readonly topic: string;
  readonly partitionMetadata: readonly object[];
  readonly messages: readonly Message[];
  readonly partitioner: (asked: {
    topic: string;
    partitionMetadata: readonly object[];
    message: Message;
  }) => number;
}

/** A record is for a partition that its topic does not have, as far as this producer has heard. */
export class UnknownPartition extends Error {
  readonly code = 'kafka/unknown-partition';
  constructor(
    readonly topic: string,
    readonly partition: number,
    /** How many partitions the topic has, as far as is known. */
    readonly known: number,
  ) {
    super(
      `partition ${partition} of ${topic} is not known, which has ${known}: if it was widened just now, send again; otherwise the number is wrong, in a command's reply headers for one`,
    );
    this.name = 'UnknownPartition';
  }
}

export function groupByPartition<Message>({
  topic,
  partitionMetadata,
  messages,
  partitioner,
}: Grouping<Message>): Record<number, Message[]> {
  const groups: Record<number, Message[]> = {};
  if (partitionMetadata.length === 0) return groups;
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata, message });
    // kafkajs's own would leave out what goes to a partition that it has not heard of, and say that it was sent
    if (partition >= partitionMetadata.length)
      throw new UnknownPartition(topic, partition, partitionMetadata.length);
    const group = groups[partition];
    if (group === undefined) groups[partition] = [message];
    else group.push(message);
  }
  return groups;
}

export const checksum = (bytes: Buffer): number => crc32c(bytes);

export const hashOfKey = (key: unknown): number =>
  murmur2(Buffer.isBuffer(key) ? key : Buffer.from(String(key)));

const require = createRequire(import.meta.url);
/** kafkajs's own, for the property test. */
export const original = {
  checksum: replaceModule(require.resolve('kafkajs/src/protocol/recordBatch/crc32C/index.js'), checksum),
  hashOfKey: replaceModule(
    require.resolve('kafkajs/src/producer/partitioners/default/murmur2.js'),
    hashOfKey,
  ),
  groupByPartition: replaceModule<typeof groupByPartition>(
    require.resolve('kafkajs/src/producer/groupMessagesPerPartition.js'),
    groupByPartition,
  ),
};

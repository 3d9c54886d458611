import { randomUUID } from 'node:crypto';
import { eventTypePrefix, topicsOf } from '#contract';
import { BatchConsumer, type InRecord, type KafkaSettings, partitionKey } from '#kafka';

export interface EventTailOptions {
  readonly kafka: KafkaSettings;
  readonly topicPrefix?: string;
  /** Each event of every timer, in order for each timer; a repeat after a crash comes again. */
  readonly onEvent: (event: TailedEvent) => void;
}

export interface TailedEvent {
  /** `LeaseReleased`, `EventClosed`, … */
  readonly type: string;
  /** `namespace/key` */
  readonly recordKey: string;
  /** The event as it is stored, parsed when it is asked for. */
  body(): Readonly<Record<string, unknown>>;
}

/**
 * The change feed from its end, straight from Kafka and shared with nobody: for those who wait for a word, and can live with
 * missing what was said while they were not listening. A watch by HTTP resumes where it was; this does not.
 */
export class EventTail {
  readonly #consumer: BatchConsumer;
  #isListening = false;
  #onPositioned: () => void = () => undefined;

  constructor({ kafka, topicPrefix, onEvent }: EventTailOptions) {
    this.#consumer = new BatchConsumer(kafka, {
      groupId: `carillon-tail-${randomUUID()}`,
      topics: [topicsOf(topicPrefix).events],
      startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
      onAssigned: () => {
        this.#isListening = true;
        this.#onPositioned();
      },
      onRecords: (_topic, _partition, records) => {
        for (const record of records) {
          const event = tailed(record);
          if (event !== null) onEvent(event);
        }
      },
    });
  }

  /** From now on nothing is missed. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Resolves when whatever happens from then on will be heard. */
  async start(): Promise<void> {
    const positioned = new Promise<void>((resolve) => {
      this.#onPositioned = resolve;
    });
    await this.#consumer.start();
    await positioned;
  }

  async stop(): Promise<void> {
    this.#onPositioned();
    await this.#consumer.stop();
  }
}

function tailed({ key, value, headers }: InRecord): TailedEvent | null {
  const type = headers.ce_type?.toString('latin1');
  if (type === undefined || !type.startsWith(eventTypePrefix) || key === null) return null;
  return {
    type: type.slice(eventTypePrefix.length),
    recordKey: key.toString('utf8'),
    body: () => JSON.parse(value?.toString('utf8') ?? '{}') as Record<string, unknown>,
  };
}

import { randomUUID } from 'node:crypto';
import { eventTypePrefix, topicsOf } from '#contract';
import {
  BatchConsumer,
  type InRecord,
  KafkaAdmin,
  type KafkaSettings,
  type ReadGap,
  ReadPositions,
  ringAfter,
} from '#kafka';
import { ConnectTimeoutError } from './errors.js';
import type { ReadOptions } from './timers.js';

export interface EventTailOptions {
  readonly kafka: KafkaSettings;
  readonly topicPrefix?: string;
  /** Each event of every timer, in order for each timer; a repeat after a crash comes again. */
  readonly onEvent: (event: TailedEvent) => void;
  /**
   * Events were lost to this reader: it was away for longer than Kafka keeps the feed, or the topic was made anew. What it knew of
   * timers may be old: read them anew. It goes on with the oldest event that is there.
   */
  readonly onGap?: (gap: ReadGap) => void;
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
 * The change feed from its end, straight from Kafka and shared with nobody: for those who wait for a word. What happens after the
 * start is heard, also what happens while the connection is lost; where it stands is not kept beyond the process. A watch by HTTP
 * resumes in another one, too.
 */
export class EventTail {
  readonly #consumer: BatchConsumer;
  readonly #positioned = Promise.withResolvers<void>();
  readonly #topic: string;
  #isListening = false;

  constructor({ kafka, topicPrefix, onEvent, onGap }: EventTailOptions) {
    this.#topic = topicsOf(topicPrefix).events;
    const positions = new ReadPositions(new KafkaAdmin(kafka), 'latest', (gap) => {
      const { topic, partition, from, to } = gap;
      kafka.log.warn(
        { topic, partition, from: String(from), to: String(to) },
        'events of the change feed are gone that were not read here: read the timers anew, or let Kafka keep the feed for longer',
      );
      onGap?.(gap);
    });
    this.#consumer = new BatchConsumer(kafka, {
      groupId: `carillon-tail-${randomUUID()}`,
      topics: [this.#topic],
      startFrom: (partitions) => positions.startFrom(partitions),
      onAssigned: () => {
        this.#isListening = true;
        this.#positioned.resolve();
      },
      onRecords: (_topic, _partition, records) => {
        for (const record of records) {
          const event = positions.take(record) ? tailed(record) : null;
          if (event !== null) onEvent(event);
        }
      },
    });
  }

  /** From now on nothing is missed. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /**
   * Resolves when whatever happens from then on will be heard; for as long as it takes, unless told otherwise. Safe to call twice,
   * and again after it gave up.
   * @throws ConnectTimeoutError, the signal's reason
   */
  async start({ timeoutMs, signal }: ReadOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const started = this.#consumer.start().then(() => this.#positioned.promise);
    const gaveUp = Promise.withResolvers<never>();
    const onAbort = (): void => gaveUp.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const cancelDeadline =
      timeoutMs === undefined
        ? undefined
        : ringAfter(timeoutMs, () => gaveUp.reject(new ConnectTimeoutError(timeoutMs, this.#topic)));
    try {
      await Promise.race([started, gaveUp.promise]);
    } finally {
      cancelDeadline?.();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async stop(): Promise<void> {
    this.#positioned.resolve();
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

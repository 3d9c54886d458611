/** Kafka is there, and this topic cannot be written: not there, not ours to write, or its records are too large for it. */
export class TopicRefused extends Error {
  readonly code = 'kafka/topic-refused';
  constructor(
    readonly topic: string,
    cause: unknown,
  ) {
    super(`topic ${topic}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'TopicRefused';
  }
}

const typesOfTopic = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
]);

/** Whether an error of kafkajs speaks of a topic rather than of the cluster. */
export function isOfTopic(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { type, cause } = error as Error & { readonly type?: string };
  return (type !== undefined && typesOfTopic.has(type)) || isOfTopic(cause);
}

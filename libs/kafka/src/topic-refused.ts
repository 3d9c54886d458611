/** Kafka is there, and this topic cannot be made or written: its name, its settings, our rights, or its records are too large for it. */
export class TopicRefused extends Error {
  readonly code = 'kafka/topic-refused';
  constructor(
    readonly topic: string,
    cause: unknown,
  ) {
    const type = typeOfTopic(cause);
    const advice = type === null ? undefined : advices[type];
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`topic ${topic}: ${message}${advice === undefined ? '' : ` (${type}: ${advice})`}`, { cause });
    this.name = 'TopicRefused';
  }
}

const rights = "give the process's Kafka user Describe, Write and Create on it, docs/security.md";
const settings = "make it by hand as the cluster's rules want it";

/** What to do about each answer of the broker that speaks of one topic. */
const advices: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'it is not there, or was deleted',
  INVALID_TOPIC_EXCEPTION:
    'Kafka takes no such name beside its other topics; one that differs only in `.` and `_` collides: name it otherwise',
  TOPIC_AUTHORIZATION_FAILED: rights,
  POLICY_VIOLATION: settings,
  INVALID_PARTITIONS: settings,
  INVALID_REPLICATION_FACTOR: settings,
  INVALID_CONFIG: settings,
  MESSAGE_TOO_LARGE: 'raise its max.message.bytes',
  RECORD_LIST_TOO_LARGE: 'raise its segment.bytes',
};

/** The broker's word for what is wrong with a topic; null: the error speaks of the cluster, or is none of the broker's. */
function typeOfTopic(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { type, cause, errors } = error as Error & {
    readonly type?: string;
    readonly errors?: readonly unknown[];
  };
  if (type !== undefined && type in advices) return type;
  for (const inner of errors ?? []) {
    const found = typeOfTopic(inner);
    if (found !== null) return found;
  }
  return typeOfTopic(cause);
}

/** Whether an error of kafkajs speaks of a topic rather than of the cluster. */
export const isOfTopic = (error: unknown): boolean => typeOfTopic(error) !== null;

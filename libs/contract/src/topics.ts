export interface Topics {
  readonly commands: string;
  readonly events: string;
  readonly rejected: string;
  readonly dead: string;
  readonly replies: string;
  /** One for each hook class. @throws without one: such a timer closes itself, and nothing is sent. */
  due(hookClass: string): string;
}

/** Of an installation that has its Kafka for itself. */
export const defaultTopicPrefix = 'timers';
/** Consumer groups of its processes. */
export const defaultGroupIds = Object.freeze({ scheduler: 'carillon-scheduler', fire: 'carillon-fire' });

export const topicsOf = (prefix = defaultTopicPrefix): Topics =>
  Object.freeze({
    commands: `${prefix}.commands`,
    events: `${prefix}.events`,
    rejected: `${prefix}.rejected`,
    dead: `${prefix}.dead`,
    replies: `${prefix}.replies`,
    due: (hookClass: string) => {
      if (hookClass === '') throw new RangeError('a timer without a hook class has no due topic');
      return `${prefix}.due.${hookClass}`;
    },
  });

/** Longest record of the commands topic, bytes. What is refused is published with its bytes and the reason, so it needs more room. */
export const commandBytesMax = 1024 * 1024;
export const rejectedBytesMax = commandBytesMax + 64 * 1024;

/**
 * Longest record that goes out, bytes: data, summary and event data of 256 KiB each, every character escaped as JSON
 * may have to (`\u0000`), and what stands around them.
 */
export const emittedBytesMax = 6 * 1024 * 1024;

/**
 * How a due topic, or that of dead letters, is made. Fire services, workers and allocators may make it: whoever comes first. The order
 * within a timer rests on its key, whatever the count.
 */
export const emittedTopic = (topic: string, partitions: number) => ({
  topic,
  partitions,
  anyCount: true,
  config: { 'max.message.bytes': String(emittedBytesMax) },
});

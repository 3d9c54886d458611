import type { KafkaSettings } from '#kafka';

export interface CarillonDelaysSettings {
  readonly kafka: KafkaSettings;
  /** One queue: events, counters and given-up lists of one namespace belong together. */
  readonly namespace: string;
  readonly topicPrefix?: string;
  /** Of due topics that this process makes because no event has fired yet. */
  readonly partitions?: number;
  /** Runs after the first; 0: one run and no more. */
  readonly maxRetry: number;
  /** A run that says nothing for this long has lost its event, ms; while it works it says so by itself. */
  readonly lockTimeoutMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How long an ended event keeps its id and can be redriven, as a duration; null: for ever. The log keeps its facts in any case. */
  readonly keepFor: string | null;
  /** How long a call waits for its answer, ms. */
  readonly callTimeoutMs: number;
  /** Triggers of one type that run at a time. */
  readonly parallelism: number;
  /** Events of one type that were read and are not finished. */
  readonly maxScheduledEvents: number;
  readonly stopWaitMs: number;
}

export const defaultSettings = Object.freeze({
  namespace: 'delays',
  maxRetry: 18,
  lockTimeoutMs: 31_000,
  retryMinMs: 500,
  retryMaxMs: 600_000,
  keepFor: '7d',
  callTimeoutMs: 10_000,
  parallelism: 64,
  maxScheduledEvents: 10_000,
  stopWaitMs: 10_000,
});

/** Types of different queues have topics of their own. */
export const hookClassOf = (namespace: string, type: string): string => `${namespace}.${type}`;
export const typeOf = (namespace: string, hookClass: string): string =>
  hookClass.startsWith(`${namespace}.`) ? hookClass.slice(namespace.length + 1) : hookClass;

/** How the timer of an event is tried again. An attempt that no process was heard of for is none: nobody has the type, or none is up. */
export const retryOf = ({
  maxRetry,
  retryMinMs,
  retryMaxMs,
}: Pick<CarillonDelaysSettings, 'maxRetry' | 'retryMinMs' | 'retryMaxMs'>) => ({
  maxAttempts: maxRetry + 1,
  min: `${retryMinMs}ms`,
  max: `${retryMaxMs}ms`,
  countUnheard: false,
});

import { TimerClient, type Timers } from '#client';
import { defaultTopicPrefix } from '#contract';
import { type HookHandler, HookWorker } from '#hooks';
import type { KafkaSettings } from '#kafka';

export interface CarillonSettings {
  readonly kafka: KafkaSettings;
  readonly topicPrefix?: string;
  /** `PARTITIONS` of the services. */
  readonly partitions?: number;
  /** Closes at a time. */
  readonly parallelism?: number;
  readonly callTimeoutMs?: number;
  readonly stopWaitMs?: number;
}

interface Runs {
  start(): Promise<void>;
  /** Final. A `start` that still waits ends by it. */
  stop(): Promise<void>;
}

/** What expirations are made on. A test may give timers in memory. */
export interface ExpirationParts {
  readonly timers: Pick<
    Timers,
    | 'createTimer'
    | 'updateTimer'
    | 'deleteTimer'
    | 'pauseTimer'
    | 'resumeTimer'
    | 'expireTimer'
    | 'claimEvent'
  >;
  readonly connection: Runs;
  worker(hookClass: string, handler: HookHandler): Runs;
}

export function carillonParts(settings: CarillonSettings, namespace: string): ExpirationParts {
  const {
    kafka,
    topicPrefix,
    partitions,
    parallelism = 64,
    callTimeoutMs = 10_000,
    stopWaitMs = 10_000,
  } = settings;
  const prefix = topicPrefix === undefined ? {} : { topicPrefix };
  const timers = new TimerClient({ kafka, namespace, timeoutMs: callTimeoutMs, ...prefix });
  return {
    timers,
    connection: { start: () => timers.connect(), stop: () => timers.close() },
    // a group for each closer, since processes may have different ones; another installation's is none of ours
    worker: (hookClass, handler) =>
      new HookWorker({
        kafka,
        parallelism,
        stopWaitMs,
        ...prefix,
        ...(partitions !== undefined && { partitions }),
        groupId: `${topicPrefix ?? defaultTopicPrefix}-expiry-${hookClass}`,
        hooks: { [hookClass]: handler },
      }),
  };
}

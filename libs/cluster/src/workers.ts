import { defaultTopicPrefix } from '#contract';
import { HookWorker, type HookWorkerOptions } from '#hooks';
import type { ClusterDeps } from './deps.js';

type Settings = Pick<HookWorkerOptions, 'kafka' | 'topicPrefix' | 'partitions'>;

/** Starts hook workers, each for one class. One that still starts when the signal fires, or its own, is stopped. */
export const workersOf =
  ({ kafka, topicPrefix, partitions }: Settings, closing: AbortSignal): ClusterDeps['startWorker'] =>
  async (hookClass, handler, { stopWaitMs, parallelism, signal = closing }) => {
    const over = AbortSignal.any([closing, signal]);
    over.throwIfAborted();
    const worker = new HookWorker({
      kafka,
      hooks: { [hookClass]: handler },
      // members of one group must want the same topics
      groupId: `${topicPrefix ?? defaultTopicPrefix}-${hookClass}`,
      parallelism,
      stopWaitMs,
      ...(topicPrefix !== undefined && { topicPrefix }),
      ...(partitions !== undefined && { partitions }),
    });
    const stop = (): void => void worker.stop();
    over.addEventListener('abort', stop, { once: true });
    try {
      await worker.start();
    } finally {
      over.removeEventListener('abort', stop);
    }
    if (!over.aborted) return worker;
    await worker.stop();
    throw over.reason;
  };

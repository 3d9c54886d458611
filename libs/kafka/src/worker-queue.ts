import { createRequire } from 'node:module';
import { replaceModule } from './replace-module.js';

// One function in place of kafkajs's own (docs/adr/0005): at each fetch it starts every worker that may ever be needed, and each that
// finds nothing leaves promises behind. With a worker for each of 256 partitions that was most of what a reader allocated.

interface Item<Batch> {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Worker<Batch> {
  /** Handles what `next` gives until it gives nothing. Takes its first item before it returns, unless it is at work already. */
  readonly run: (work: { readonly next: () => Item<Batch> | undefined }) => Promise<void>;
}

export interface WorkerQueue<Batch> {
  /** Resolves when all of these batches are handled. @throws what the first of them that failed threw, when all have ended */
  readonly push: (...batches: readonly Batch[]) => Promise<void>;
  readonly getWorkers: () => readonly Worker<Batch>[];
}

export function createWorkerQueue<Batch>({
  workers,
}: {
  readonly workers: readonly Worker<Batch>[];
}): WorkerQueue<Batch> {
  const queue: Item<Batch>[] = [];
  const next = (): Item<Batch> | undefined => queue.shift();
  const start = (): void => {
    for (const worker of workers) {
      if (queue.length === 0) return;
      // one that has just found nothing, and has not quite ended, takes nothing more: it is asked again
      void worker.run({ next }).then(start);
    }
  };
  const push = async (...batches: readonly Batch[]): Promise<void> => {
    const handled = batches.map((batch) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      queue.push({ batch, resolve, reject });
      return promise;
    });
    start();
    const outcomes = await Promise.allSettled(handled);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  return { push, getWorkers: () => workers };
}

const require = createRequire(import.meta.url);
/** kafkajs's own, for the property test. */
export const original = replaceModule<typeof createWorkerQueue>(
  require.resolve('kafkajs/src/consumer/workerQueue.js'),
  createWorkerQueue,
);

import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkerQueue, original } from './worker-queue.js';

type Handler = (batch: number) => Promise<void>;
interface Made {
  readonly run: Parameters<typeof createWorkerQueue<number>>[0]['workers'][number]['run'];
}
const createWorker = createRequire(import.meta.url)('kafkajs/src/consumer/worker.js') as (options: {
  handler: Handler;
  workerId: number;
}) => Made;

/** What the pushes came to, which batches were handled in which order, and how many at most at a time. */
async function story(
  make: typeof createWorkerQueue,
  workers: number,
  pushes: readonly (readonly number[])[],
) {
  const told: string[] = [];
  let [atWork, atMost] = [0, 0];
  const handler: Handler = async (batch) => {
    told.push(`begins ${batch}`);
    atMost = Math.max(atMost, ++atWork);
    // each takes another number of turns
    for (let turn = 0; turn < batch % 5; turn += 1) await Promise.resolve();
    atWork -= 1;
    told.push(`ends ${batch}`);
    if (batch % 7 === 3) throw new Error(`batch ${batch}`);
  };
  const queue = make<number>({
    workers: Array.from({ length: workers }, (_, workerId) => createWorker({ handler, workerId })),
  });
  const outcomes = await Promise.allSettled(pushes.map((batches) => queue.push(...batches)));
  return {
    told: {
      outcomes: outcomes.map((one) =>
        one.status === 'rejected' ? (one.reason as Error).message : 'handled',
      ),
      ended: told.filter((line) => line.startsWith('ends')).toSorted(),
      began: told.filter((line) => line.startsWith('begins')),
    },
    atMost,
  };
}

describe('the queue of fetched batches', () => {
  it('handles what kafkajs handles, in its order, and fails as it fails, with no more at a time than there are workers', async () => {
    const pushes = fc.array(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), pushes, async (workers, batches) => {
        const [ours, theirs] = [
          await story(createWorkerQueue, workers, batches),
          await story(original, workers, batches),
        ];
        expect(ours.told).toEqual(theirs.told);
        expect(ours.atMost).toBeLessThanOrEqual(workers);
      }),
    );
  });

  it('leaves nothing behind that comes in the moment in which a worker ends', async () => {
    const worker = createWorker({ handler: () => Promise.resolve(), workerId: 0 });
    const queue = createWorkerQueue<number>({ workers: [worker] });
    // it finds nothing, and is still ending when the batch comes
    void worker.run({ next: () => undefined });
    await queue.push(1);
  });

  it('starts no more workers than there are batches', async () => {
    let runs = 0;
    const workers = Array.from({ length: 256 }, (_, workerId) => {
      const worker = createWorker({ handler: () => Promise.resolve(), workerId });
      return {
        run: (work: Parameters<Made['run']>[0]) => {
          runs += 1;
          return worker.run(work);
        },
      };
    });
    await createWorkerQueue<number>({ workers }).push(1, 2, 3);
    expect(runs).toBe(3);
  });
});

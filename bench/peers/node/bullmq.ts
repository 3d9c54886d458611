import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { serve } from '../../../dist/bench/peers/serve.js';

// Redis with an append-only file that is written through once a second, as BullMQ's guide to production asks for.

const name = 'bench';
let connect: () => Redis;
let queue: Queue;

await serve({
  async open(url) {
    connect = () => new Redis(url, { maxRetriesPerRequest: null });
    const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
    queue = new Queue(name, { connection: connect(), defaultJobOptions });
    await queue.waitUntilReady();
  },
  async insert(dueAt) {
    await queue.addBulk(dueAt.map((at) => ({ name, data: { dueAt: at }, opts: { delay: delayTo(at) } })));
  },
  async insertOne(dueAt) {
    await queue.add(name, { dueAt }, { delay: delayTo(dueAt) });
  },
  async work(handled) {
    const options = { connection: connect(), concurrency: 50 };
    const worker = new Worker<{ dueAt: number }>(name, (job) => handled(job.data.dueAt), options);
    worker.on('error', (error) => process.stderr.write(`${error.message}\n`));
    await worker.waitUntilReady();
  },
});

function delayTo(moment: number): number {
  return Math.max(0, moment - Date.now());
}

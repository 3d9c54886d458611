import { PgBoss } from 'pg-boss';
import { serve } from '../../../dist/bench/peers/serve.js';

// Large fetches that go on while they come back full; polling at its shortest interval otherwise.

const queue = 'bench';
let boss: PgBoss;

await serve({
  async open(url) {
    boss = new PgBoss({ connectionString: url, max: 10 });
    boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
    await boss.start();
    await boss.createQueue(queue);
  },
  async insert(dueAt) {
    await boss.insert(
      queue,
      dueAt.map((at) => ({ data: { dueAt: at }, startAfter: new Date(at) })),
    );
  },
  async insertOne(dueAt) {
    await boss.send(queue, { dueAt }, { startAfter: new Date(dueAt) });
  },
  async work(handled) {
    const options = {
      batchSize: 500,
      pollingIntervalSeconds: 0.5,
      burstWhenBatchFull: true,
      localConcurrency: 2,
    };
    await boss.work<{ dueAt: number }>(queue, options, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => handled(data.dueAt)));
    });
  },
});

import { type AddJobsJobSpec, Logger, makeWorkerUtils, run, type WorkerUtils } from 'graphile-worker';
import { serve } from '../../../dist/bench/peers/serve.js';

// Jobs are taken by the hundred into a local queue and completed in batches; delayed jobs are found by polling.

// its own writes to standard output, which is for answers
const logger = new Logger(() => () => undefined);
const task = 'bench';
let url: string;
let utils: WorkerUtils;

await serve({
  async open(given) {
    url = given;
    utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 10, logger });
    await utils.migrate();
  },
  async insert(dueAt) {
    await utils.addJobs(
      dueAt.map((at): AddJobsJobSpec => ({ identifier: task, payload: { dueAt: at }, runAt: new Date(at) })),
    );
  },
  async insertOne(dueAt) {
    await utils.addJob(task, { dueAt }, { runAt: new Date(dueAt) });
  },
  async work(handled) {
    await run({
      preset: {
        worker: {
          connectionString: url,
          maxPoolSize: 20,
          logger,
          concurrentJobs: 50,
          pollInterval: 50,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      noHandleSignals: true,
      crontab: '',
      taskList: { [task]: (payload) => handled((payload as { dueAt: number }).dueAt) },
    });
  },
});

import { TimerClient } from '#client';
import { createLogger } from '#runtime';
import { alone, TaskAllocator, TaskRunner } from '#tasks';
import { type LatenessReport, LatenessSample } from './lateness.js';

// A runner whose tasks do nothing, and an allocator beside it if it is asked for.

export interface TaskLatency {
  readonly started: LatenessReport;
  readonly due: LatenessReport;
}

const [started, due] = [new LatenessSample(), new LatenessSample()];
process.on('message', (message) => {
  if (message === 'reset') for (const sample of [started, due]) sample.reset();
  if (message === 'report') process.send?.({ started: started.report(), due: due.report() });
});

const { KAFKA_BROKERS = '', PARTITIONS = '8', RUNNER = 'one', ALLOCATES } = process.env;
const kafka = {
  brokers: KAFKA_BROKERS.split(','),
  clientId: RUNNER,
  log: createLogger(RUNNER, 'warn', false),
};
const client = new TimerClient({ kafka });
const runner = new TaskRunner({ kafka, timers: client, runner: RUNNER, parallelism: 64, waitingMax: 256 });
runner.registerExecutor('bench', (task) => {
  const now = Date.now();
  started.add(now - (task.lastHeartbeat?.getTime() ?? 0));
  due.add(now - task.createdAt.getTime() - 1);
});
const allocator = new TaskAllocator({ kafka, lock: alone, partitions: Number(PARTITIONS) });
await client.connect();
await runner.start();
if (ALLOCATES === 'yes') {
  await allocator.start();
  await allocator.becameActive();
}
process.send?.('up');
process.on('SIGTERM', () => void stop());

async function stop(): Promise<void> {
  await runner.stop();
  await allocator.stop();
  await client.close();
  process.exit(0);
}

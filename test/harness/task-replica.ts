import { setTimeout as after } from 'node:timers/promises';
import { TimerClient } from '#client';
import { Cluster } from '#cluster';
import { createLogger, stopOnSignals } from '#runtime';
import { TaskAllocator, TaskRunner } from '#tasks';

// A replica of a service that runs tasks, as a user would write it: a runner and an allocator in one process. It tells on
// its output what its executors see.

const {
  KAFKA_BROKERS = '',
  TOPIC_PREFIX = 'timers',
  PARTITIONS = '4',
  REPLICA = 'r',
  EXECUTORS = 'work',
} = process.env;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const kafka = {
  brokers: KAFKA_BROKERS.split(','),
  clientId: REPLICA,
  log: createLogger(REPLICA, 'warn', false),
};
const client = new TimerClient({ kafka, topicPrefix: TOPIC_PREFIX });
const runner = new TaskRunner({
  kafka,
  timers: client,
  topicPrefix: TOPIC_PREFIX,
  runner: REPLICA,
  parallelism: Number(process.env.PARALLELISM ?? 8),
  ...(process.env.LATE_CLAIMS_MS !== undefined && { lateClaimsMs: Number(process.env.LATE_CLAIMS_MS) }),
  labels: JSON.parse(process.env.LABELS ?? '{}') as Record<string, string>,
});

for (const code of EXECUTORS.split(',')) {
  runner.registerExecutor(code, async (task, { signal, progress }) => {
    const {
      ms = 0,
      failures = 0,
      deaf = false,
    } = JSON.parse(String(task.context)) as {
      ms?: number;
      failures?: number;
      deaf?: boolean;
    };
    say(`begin ${task.id} ${task.epoch} ${Date.now()}`);
    signal.addEventListener('abort', () =>
      say(`aborted ${task.id} ${task.epoch} ${(signal.reason as Error).name}`),
    );
    await progress({ percent: 1, note: REPLICA });
    if (ms > 0) await after(ms, null, deaf ? {} : { signal });
    if (task.failures < failures) throw new Error(`failure ${task.failures + 1}`);
    say(`end ${task.id} ${task.epoch}`);
    return { by: REPLICA, epoch: task.epoch };
  });
}

const cluster = new Cluster({ kafka, topicPrefix: TOPIC_PREFIX });
const allocator = new TaskAllocator({
  kafka,
  lock: cluster.mutex('task-allocator', { ttl: '3s' }),
  topicPrefix: TOPIC_PREFIX,
  partitions: Number(PARTITIONS),
});

await client.connect();
await cluster.connect();
await runner.start();
if (process.env.ALLOCATES !== 'no') {
  await allocator.start();
  void allocator.becameActive().then(() => say('allocates'));
}
say(`${REPLICA} is up`);
stopOnSignals(
  {
    start: async () => undefined,
    stop: async () => {
      say('stops');
      await runner.stop();
      await allocator.stop();
      await cluster.close();
      await client.close();
    },
  },
  kafka.log,
);

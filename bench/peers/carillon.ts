import { randomUUID } from 'node:crypto';
import { TimerClient, type TimerClientOptions } from '#client';
import { HookWorker, type HookWorkerOptions } from '#hooks';
import { serve } from './serve.js';

// The client, whose every call waits until the log has the timer, and a hook worker as a user writes one. Scheduler and fire service are
// processes of their own, started by the driver.

const hookClass = 'bench';
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let kafka: TimerClientOptions['kafka'];
let client: TimerClient;
let worker: HookWorker | undefined;

await serve({
  // the client bounds what is under way; of a million at once it would hold a million outcomes
  batchSize: 20_000,
  async open(url) {
    kafka = { brokers: url.split(','), clientId: 'bench-peer', log };
    client = new TimerClient({ kafka, timeoutMs: 60_000 });
    await client.connect();
  },
  async insert(dueAt) {
    const outcomes = await client.createTimers(dueAt.map(once));
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    if (refused !== undefined) throw refused.reason;
  },
  async insertOne(dueAt) {
    await client.createTimer(once(dueAt));
  },
  async work(handled) {
    const options: HookWorkerOptions = {
      kafka,
      groupId: 'bench-peer',
      partitions: 8,
      hooks: { [hookClass]: ({ scheduledFor }) => handled(Date.parse(scheduledFor)) },
    };
    worker = new HookWorker(options);
    await worker.start();
  },
  async close() {
    await worker?.stop();
  },
});

function once(dueAt: number) {
  return {
    key: randomUUID(),
    schedPolicyType: 'ONCE' as const,
    schedPolicyExpr: new Date(dueAt).toISOString(),
    hookClass,
  };
}

import { setTimeout as after } from 'node:timers/promises';
import { Cluster, waitForInterval } from '#cluster';
import { startLocalCarillon } from '../local.js';

// `npm run example:cluster`: two replicas of a service, here in one process, with a job, a once-job and a lock. Uses the servers
// of KAFKA_BROKERS and DATABASE_URL, or starts its own.

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { kafka, topicPrefix, partitions, stop } = await startLocalCarillon('cluster');
const replica = async (name: string): Promise<Cluster> => {
  const cluster = new Cluster({ kafka: { ...kafka, clientId: name }, topicPrefix, partitions });
  await cluster.connect();
  return cluster;
};

const replicas = [await replica('one'), await replica('two')] as const;

// every replica schedules it; one at a time runs it
let runs = 0;
for (const [index, cluster] of replicas.entries()) {
  await cluster.schedule('report', waitForInterval('500ms'), async ({ lastFinished }) => {
    runs += 1;
    say(`report ${runs}, by replica ${index + 1}${lastFinished === null ? ', the first one' : ''}`);
  });
}

// once in the cluster, whoever is there by then
const reminded = new Promise<void>((resolve) => {
  for (const { jobOnce } of replicas) {
    jobOnce.setCallback((key, props) => {
      say(`once: ${key} ${JSON.stringify(props)}`);
      resolve();
    });
  }
});
for (const { jobOnce } of replicas) await jobOnce.start();
await replicas[0].jobOnce.scheduleOnce('remind', new Date(Date.now() + 1_000), { invoice: 17 });

// one holder at a time; the token tells a resource who came later
for (const [index, cluster] of replicas.entries()) {
  await using lock = await cluster.mutex('ledger').lock();
  say(`replica ${index + 1} holds the ledger with token ${lock.token}`);
}

await reminded;
while (runs < 3) await after(100);
await Promise.all(replicas.map((cluster) => cluster.close()));
await stop();
say('done');

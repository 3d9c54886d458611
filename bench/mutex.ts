import { cpus } from 'node:os';
import { Cluster, type Mutex } from '#cluster';
import { quantile } from './lateness.js';
import { pause, Stage } from './stage.js';

// `npm run bench:mutex`: lock and unlock alone, and the hand-over to one of a hundred who wait.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const at = (sorted: readonly number[], share: number): number =>
  Math.round(quantile(sorted, share) * 10) / 10;
const spread = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `p50 ${at(sorted, 0.5)}, p99 ${at(sorted, 0.99)}, max ${at(sorted, 1)} ms of ${sorted.length}`;
};

const stage = await Stage.open();
const members: Cluster[] = [];
const join = async (): Promise<Cluster> => {
  const brokers = stage.servers.kafkaBrokers.split(',');
  const cluster = new Cluster({ kafka: { brokers, clientId: 'bench-mutex', log: quiet } });
  members.push(cluster);
  await cluster.connect();
  await cluster.listening();
  return cluster;
};

async function uncontended(mutex: Mutex, rounds: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const begin = performance.now();
    const lock = await mutex.lock();
    await lock.unlock();
    took.push(performance.now() - begin);
    await pause(10);
  }
  return took;
}

/** From the call of unlock to the moment the next one has the lock. */
async function handOvers(mutexes: readonly Mutex[], holdMs: number): Promise<number[]> {
  const took: number[] = [];
  let freedAt: number | null = null;
  await Promise.all(
    mutexes.map(async (mutex) => {
      const lock = await mutex.lock();
      if (freedAt !== null) took.push(performance.now() - freedAt);
      await pause(holdMs);
      freedAt = performance.now();
      await lock.unlock();
    }),
  );
  return took;
}

try {
  await stage.start('scheduler');
  await stage.start('fire');
  say(`\n${cpus().length} cores, ${cpus()[0]?.model.trim()}; ${new Date().toISOString()}\n`);
  const alone = await join();
  await uncontended(alone.mutex('warm'), 50);
  say(`lock and unlock, alone           ${spread(await uncontended(alone.mutex('alone'), 300))}`);
  const inOne: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const waiters = Array.from({ length: 101 }, () => alone.mutex(`one-${round}`));
    inOne.push(...(await handOvers(waiters, 5)));
  }
  say(`hand-over, 100 in one process    ${spread(inOne)}`);
  const ten = await Promise.all(Array.from({ length: 10 }, join));
  const across: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const waiters = Array.from({ length: 101 }, (_, i) => (ten[i % 10] ?? alone).mutex(`many-${round}`));
    across.push(...(await handOvers(waiters, 5)));
  }
  say(`hand-over, 100 in ten members    ${spread(across)}`);
} finally {
  await Promise.all(members.map((member) => member.close()));
  await stage.close();
}

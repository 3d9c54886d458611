import { setTimeout as after } from 'node:timers/promises';
import { TimerClient } from '#client';
import { Cluster } from '#cluster';
import { type NewTask, TaskAllocator, TaskRunner, TaskService } from '#tasks';
import { startLocalCarillon } from '../local.js';
import { Finished } from './finished.js';

// Thumbnails on two runners, one of which has a graphics card; one picture fails at first. `npm run example:tasks`.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
say('starting Kafka, Postgres, a scheduler and a fire service …');
const carillon = await startLocalCarillon('tasks');
const { kafka, topicPrefix, partitions } = carillon;
const client = new TimerClient({ kafka, topicPrefix });
await client.connect();
const finished = new Finished();

// region: runners
const runners = ['plain', 'graphics'].map((runner) => {
  const labels = { card: runner === 'graphics' ? 'yes' : 'no' };
  return new TaskRunner({ kafka, timers: client, topicPrefix, runner, labels, parallelism: 4 });
});
for (const runner of runners) {
  runner.registerExecutor('thumbnail', async (task, { signal, progress }) => {
    say(`  ${task.id} begins on ${runner.name}, epoch ${task.epoch}`);
    await progress({ percent: 50, note: 'half of it' });
    await after(200, null, { signal });
    if (task.id === 'moon.png' && task.failures === 0) throw new Error('the lens was closed');
    finished.add(task.id);
    return { width: 64 };
  });
  await runner.start();
}
const cluster = new Cluster({ kafka, topicPrefix });
await cluster.connect();
const lock = cluster.mutex('task-allocator');
const allocator = new TaskAllocator({ kafka, topicPrefix, partitions, lock });
await allocator.start();
// endregion

// region: tasks
const tasks = new TaskService(client);
const options = { maxRetryTimes: 2, retryInterval: '500ms', heartbeatTimeout: '2s' };
const pictures: NewTask[] = ['sun.png', 'moon.png', 'film.mp4'].map((id) => ({
  id,
  executor: 'thumbnail',
  context: `/pictures/${id}`,
  options: { ...options, ...(id === 'film.mp4' && { labels: { card: 'yes' } }) },
}));
say(`made ${await tasks.createBatch(pictures)} tasks`);
say(`made ${await tasks.createBatch(pictures)} when asked again: the ids are taken`);
await tasks.createCronTask({ id: 'tidy', executor: 'thumbnail', cron: '* * * * * *', concurrency: 1 });
// endregion

await finished.all(['sun.png', 'moon.png', 'film.mp4', 'tidy:1', 'tidy:2']);
await tasks.cron.delete('tidy');
say('all are done');
for (const part of [...runners, allocator]) await part.stop();
await cluster.close();
await client.close();
await carillon.stop();

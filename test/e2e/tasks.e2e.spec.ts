import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimerClient } from '#client';
import { timerRecord } from '#contract';
import {
  ClaimSender,
  InvalidTaskError,
  type NewTask,
  type Task,
  TaskService,
  type TaskTimers,
  withParent,
} from '#tasks';
import { eventFromJson, evolve, type TimerState } from '#timer';
import { Cluster, partitions } from '../harness/cluster.js';
import { MachineStalls } from '../harness/machine-stalls.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

let cluster: Cluster;
let client: TimerClient;
let tasks: TaskService;
let stalls: MachineStalls;
let services: { readonly scheduler: TestProcess; readonly fire: TestProcess };
const replicas: TestProcess[] = [];

/** Tasks as the log tells of them. */
async function* fromTheLog() {
  const { rows } = await cluster.pool.query<{ stream_id: string; version: number; data: string }>(
    'select stream_id, version, data from event_log order by stream_id, version',
  );
  const states = new Map<string, TimerState | null>();
  for (const { stream_id, version, data } of rows)
    states.set(
      stream_id,
      evolve(states.get(stream_id) ?? null, { version, commandId: null, event: eventFromJson(data) }),
    );
  for (const state of states.values()) if (state !== null) yield timerRecord(state);
}

async function replica(name: string, env: Readonly<Record<string, string>> = {}): Promise<TestProcess> {
  const process = TestProcess.start(name, 'test/harness/task-replica.js', {
    KAFKA_BROKERS: cluster.brokers,
    TOPIC_PREFIX: cluster.prefix,
    PARTITIONS: String(partitions),
    REPLICA: name,
    ...env,
  });
  replicas.push(process);
  await eventually(`${name} is up`, () => {
    if (process.hasExited) throw new Error(process.lines.join('\n'));
    return process.has(`${name} is up`);
  });
  return process;
}
const work = (id: string, context: object = {}, options: NewTask['options'] = {}): NewTask => ({
  id,
  executor: 'work',
  context: JSON.stringify(context),
  options,
});
const named = (prefix: string, count: number): string[] =>
  [...Array(count).keys()].map((n) => `${prefix}-${n}`);
async function completed(ids: readonly string[], withinMs = 60_000): Promise<Task[]> {
  return eventually(
    `${ids.length} tasks are completed`,
    async () => {
      const found = (await tasks.query()).filter(
        ({ id, status }) => ids.includes(id) && status === 'completed',
      );
      return found.length === ids.length && found;
    },
    withinMs,
  );
}
/** A lost runner's tasks: what lies between the end of its timeout and the next one's begin is a fire, a claim, a busy machine, and its stalls. */
const [heartbeatMs, movingMs] = [3_000, 2_000];
/** Who waits for the allocator's lock has it after its 3 s, and the offers when Kafka has given up the dead one, after 6 s. */
const takeOverMs = 10_000;
const lines = (process: TestProcess, text: string): string[] =>
  process.lines.filter((line) => line.startsWith(text));
const beginnings = (process: TestProcess): { id: string; epoch: number; atMs: number }[] =>
  lines(process, 'begin ').map((line) => {
    const [, id = '', epoch, atMs] = line.split(' ');
    return { id, epoch: Number(epoch), atMs: Number(atMs) };
  });
const closesOf = async (prefix: string): Promise<number> =>
  (await cluster.events(`type = 'EventClosed' and record_key like $1`, [`tasks/${prefix}-%`])).length;

beforeAll(async () => {
  cluster = await Cluster.open();
  const [scheduler, fire] = await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
  services = { scheduler, fire };
  client = await cluster.client();
  stalls = await MachineStalls.watch();
  const claims = new ClaimSender(cluster.kafka, cluster.prefix);
  await claims.start();
  const timers: TaskTimers = Object.assign(Object.create(client) as TimerClient, {
    getTimers: () => fromTheLog(),
  });
  tasks = new TaskService(
    new Proxy(timers, { get: (target, name) => bound(name === 'getTimers' ? target : client, name) }),
    { claims },
  );
});
const bound = (target: object, name: string | symbol): unknown => {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
};
afterAll(async () => {
  stalls?.stop();
  await Promise.all(replicas.map((process) => process.kill()));
  await cluster.close();
});

describe('tasks on two replicas', () => {
  let [one, two]: TestProcess[] = [];
  beforeAll(async () => {
    one = await replica('one');
    two = await replica('two');
    await eventually('one of them allocates', () => [one, two].some((process) => process?.has('allocates')));
  });

  it('are each done once, by both, and their results are kept', async () => {
    const ids = named('batch', 40);
    expect(await tasks.createBatch(ids.map((id) => work(id, { ms: 20 })))).toBe(40);
    const done = await completed(ids);
    expect(done.map(({ result }) => result?.code)).toEqual(ids.map(() => 'success'));
    expect(new Set(done.map(({ runner }) => runner))).toEqual(new Set(['one', 'two']));
    expect(await closesOf('batch')).toBe(40);
    // completed, yet still known: nothing is made or run anew
    expect(await tasks.createBatch(ids.map((id) => work(id)))).toBe(0);
  });

  it('are retried after their interval while retries are left, and the last error stays', async () => {
    const options = { maxRetryTimes: 2, retryInterval: '300ms' };
    await tasks.create(work('retry-0', { failures: 2 }, options));
    await tasks.create(work('retry-1', { failures: 9 }, options));
    const [good, bad] = (await completed(['retry-0', 'retry-1'])).sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(good).toMatchObject({ epoch: 3, result: { code: 'success' } });
    expect(bad).toMatchObject({ epoch: 3, result: { code: 'failed', error: 'failure 3' } });
  });

  it('wait for a runner that has their executor or their labels', async () => {
    await tasks.create({ ...work('strange-0'), executor: 'strange' });
    await tasks.create(work('labelled-0', {}, { labels: { zone: 'EU' } }));
    await tasks.create(work('plain-0'));
    await completed(['plain-0']);
    for (const id of ['strange-0', 'labelled-0'])
      expect(await tasks.get(id)).toMatchObject({ status: 'created', epoch: 0 });
    const third = await replica('third', {
      EXECUTORS: 'strange,work',
      LABELS: JSON.stringify({ zone: 'eu' }),
      ALLOCATES: 'no',
    });
    const done = await completed(['strange-0', 'labelled-0']);
    expect(done.map(({ runner }) => runner)).toEqual(['third', 'third']);
    await third.stop();
  });

  it('may be given by hand, and taken away: the former runner stops at its next heartbeat', async () => {
    await tasks.create(work('hand-0', { ms: 60_000 }, { heartbeatTimeout: '6s' }));
    const held = await eventually('it runs', async () => {
      const task = await tasks.get('hand-0');
      return task?.status === 'running' && task;
    });
    const former = held.runner === 'one' ? one : two;
    const other = held.runner === 'one' ? 'two' : 'one';
    const given = await tasks.allocate(held, other);
    expect(given).toMatchObject({ runner: other, epoch: 2 });
    await eventually('the former one is told', () => former?.has('aborted hand-0 1 InvalidTaskError'));
    await expect(tasks.complete(held, held.runner ?? '', { code: 'success' })).rejects.toThrow(
      InvalidTaskError,
    );
    await tasks.delete('hand-0');
    await eventually('the other one too, once it is deleted', () =>
      [one, two].some((process) => process?.has('aborted hand-0 2 InvalidTaskError')),
    );
  });

  it('leave their id free when their retention is over', async () => {
    expect(await tasks.create(work('short-0', {}, { retention: '1s' }))).toBe(true);
    await eventually('it has been done', async () => (await closesOf('short')) === 1);
    await eventually('it is gone', async () => (await tasks.get('short-0')) === undefined);
    expect(await tasks.create(work('short-0', {}, { retention: '1s' }))).toBe(true);
    await eventually('it has been done again', async () => (await closesOf('short')) === 2);
  });

  it('come one a tick from a cron task, whoever schedules', async () => {
    await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    const cron = { ...work('tick'), cron: '* * * * * *' };
    expect(await tasks.createCronTask(cron)).toBe(true);
    expect(await tasks.createCronTask({ ...cron, cron: '@daily' })).toBe(false);
    await completed(['tick:1', 'tick:2', 'tick:3']);
    const { triggerTimes } = await tasks.cron.update('tick', { cron: '@yearly' });
    const children = (await tasks.query(withParent('EQ', 'tick'))).map(({ id }) => id);
    expect(children).toEqual([...Array(triggerTimes).keys()].map((n) => `tick:${n + 1}`));
    expect((await cluster.events(`type = 'ChildSpawned'`)).length).toBe(triggerTimes);
    expect(await tasks.cron.delete('tick')).toBe(true);
  });

  it('change nothing when a runner is frozen and wakes after they were given to another', async () => {
    const ids = named('frozen', 6);
    await tasks.createBatch(ids.map((id) => work(id, { ms: 1_500, deaf: true }, { heartbeatTimeout: '3s' })));
    await eventually('both have some', () =>
      [one, two].every((process) => process !== undefined && lines(process, 'begin frozen').length > 0),
    );
    one?.signal('SIGSTOP');
    await completed(ids, 90_000);
    const before = await tasks.query();
    one?.signal('SIGCONT');
    const lost = lines(one as TestProcess, 'begin frozen').map((line) =>
      line.split(' ').slice(1, 3).join(' '),
    );
    await eventually('it is told of what it lost', () =>
      lost.every((task) => one?.has(`aborted ${task} InvalidTaskError`) || one?.has(`end ${task}`)),
    );
    await tasks.create(work('after-0'));
    await completed(['after-0']);
    const after = (await tasks.query()).filter(({ id }) => id !== 'after-0');
    expect(after).toEqual(before);
    expect(await closesOf('frozen')).toBe(6);
  });

  it('are handed back at once by a runner that stops, long before any timeout, and use up no attempt', async () => {
    const ids = named('stop', 6);
    await tasks.createBatch(ids.map((id) => work(id, { ms: 2_000 }, { heartbeatTimeout: '5m' })));
    await eventually('both have some', () =>
      [one, two].every((process) => process !== undefined && lines(process, 'begin stop').length > 0),
    );
    // the allocator stays: of two that said so, the second took over from the first, which was frozen
    const [leaves, stays] = (two?.has('allocates') ? [one, two] : [two, one]) as [TestProcess, TestProcess];
    const stoppedAt = Date.now();
    await leaves.stop();
    const done = await completed(ids);
    const boundMs = 3_000 + (await stalls.longestMs(stoppedAt));
    const moved = lines(leaves, 'aborted stop').map((line) => String(line.split(' ')[1]));
    expect(moved.length).toBeGreaterThan(0);
    for (const id of moved) {
      const begun = beginnings(stays).find((run) => run.id === id);
      expect(begun).toMatchObject({ epoch: 2 });
      // a signal, an answer, a fire and a claim; what is over it is for a machine that is busy
      expect((begun?.atMs ?? 0) - stoppedAt).toBeLessThan(boundMs);
    }
    expect(done.every(({ runner, result }) => runner === stays.name || result?.code === 'success')).toBe(
      true,
    );
    expect(await closesOf('stop')).toBe(6);
    const again = await cluster.events(`type = 'EventRedelivered' and record_key like 'tasks/stop-%'`);
    expect(again.map(({ data }) => data.reason)).toEqual(again.map(() => 'handed-back'));
    one = stays;
    two = await replica('four', { ALLOCATES: 'no' });
  });

  it('of a runner that is killed begin on another within the heartbeat timeout', async () => {
    const ids = named('lost', 10);
    await tasks.createBatch(
      ids.map((id) => work(id, { ms: 2_000 }, { heartbeatTimeout: `${heartbeatMs}ms` })),
    );
    await eventually('both have some', () =>
      [one, two].every((process) => process !== undefined && lines(process, 'begin lost').length > 0),
    );
    await two?.kill();
    const killedAt = Date.now();
    await completed(ids);
    const boundMs = heartbeatMs + movingMs + (await stalls.longestMs(killedAt));
    const ended = new Set(lines(two as TestProcess, 'end lost').map((line) => line.split(' ')[1]));
    const lost = beginnings(two as TestProcess).filter(({ id }) => id.startsWith('lost') && !ended.has(id));
    const again = beginnings(one as TestProcess).filter(({ epoch }) => epoch > 1);
    expect(lost.length).toBeGreaterThan(0);
    for (const { id } of lost) {
      const begun = again.find((run) => run.id === id);
      expect((begun?.atMs ?? Number.POSITIVE_INFINITY) - killedAt).toBeLessThan(boundMs);
    }
    expect(await closesOf('lost')).toBe(10);
    two = await replica('five');
  });

  it('move to the other also when the one that is killed allocates, and each is completed once', async () => {
    const ids = named('killed', 30);
    await tasks.createBatch(ids.map((id) => work(id, { ms: 400 }, { heartbeatTimeout: `${heartbeatMs}ms` })));
    await eventually('it works', () => lines(one as TestProcess, 'begin killed').length > 2);
    await one?.kill();
    const killedAt = Date.now();
    await eventually('the other one allocates now', () => two?.has('allocates'), takeOverMs);
    const done = await completed(ids, heartbeatMs + takeOverMs);
    expect(done.map(({ result }) => result?.code)).toEqual(ids.map(() => 'success'));
    const again = beginnings(two as TestProcess).filter(
      ({ id, epoch }) => id.startsWith('killed') && epoch > 1,
    );
    expect(again.length).toBeGreaterThan(0);
    for (const { atMs } of again) expect(atMs - killedAt).toBeLessThan(heartbeatMs + takeOverMs);
    expect(await closesOf('killed')).toBe(30);
  });

  it('are all completed, each once, while one of two schedulers and one of two fire services is killed', async () => {
    const ids = named('services', 60);
    await tasks.createBatch(ids.map((id) => work(id, { ms: 100 }, { heartbeatTimeout: '10s' })));
    await eventually('some run', () => lines(two as TestProcess, 'begin services').length > 5);
    await Promise.all([services.scheduler.kill(), services.fire.kill()]);
    const done = await completed(ids);
    expect(done.map(({ result }) => result?.code)).toEqual(ids.map(() => 'success'));
    expect(await closesOf('services')).toBe(60);
  });

  it('that were claimed for a runner which never heard of it are told to it by whoever allocates next', async () => {
    await tasks.create({ ...work('unheard-0', {}, { heartbeatTimeout: '5m' }), executor: 'late' });
    const ref = { namespace: 'tasks', key: 'unheard-0' };
    const due = await eventually('it is due', async () => {
      const [fact] = await cluster.events(`type = 'EventTriggered' and record_key = 'tasks/unheard-0'`);
      return fact;
    });
    // the answer comes here, as it went to an allocator that died with it
    await client.claimEvent(ref, { eventId: String(due.data.eventId), attempt: 1, worker: 'late-b' });
    const late = { EXECUTORS: 'late', ALLOCATES: 'no' };
    await Promise.all([replica('late-a', late), replica('late-b', late)]);
    const [done] = await completed(['unheard-0']);
    expect(done).toMatchObject({ runner: 'late-b', epoch: 1, result: { code: 'success' } });
  });

  it('that are claimed for a runner in the moment it stops are handed back as well', async () => {
    const parting = work('parting-0', { ms: 60_000 }, { heartbeatTimeout: '5m' });
    await tasks.create({ ...parting, executor: 'parting' });
    const due = await eventually('it is due', async () => {
      const [fact] = await cluster.events(`type = 'EventTriggered' and record_key = 'tasks/parting-0'`);
      return fact;
    });
    const claims = new ClaimSender(cluster.kafka, cluster.prefix);
    await claims.start();
    // it listens for as long as a claim may take on a machine that stands still now and then
    const env = { EXECUTORS: 'parting', ALLOCATES: 'no', LATE_CLAIMS_MS: '30000' };
    const runner = await replica('parting', env);
    runner.signal('SIGTERM');
    await eventually('it stops', () => runner.has('stops'));
    // the allocator may be quicker than this: what it gives is handed back as well
    const ref = { namespace: 'tasks', key: 'parting-0' };
    await claims.post({ ...ref, runner: 'parting', eventId: String(due.data.eventId), attempt: 1 });
    await claims.stop();
    // long before its heartbeat timeout of five minutes
    const again = await eventually('it is given anew', async () => {
      const [fact] = await cluster.events(`type = 'EventRedelivered' and record_key = 'tasks/parting-0'`);
      return fact;
    });
    expect(again.data).toMatchObject({ reason: 'handed-back' });
    await runner.kill();
  });

  it('leave a log that folds to what is stored', async () =>
    expect((await cluster.verify()).findings).toEqual([]));
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TimerClient } from '#client';
import { Cluster as Members, waitForInterval } from '#cluster';
import {
  type FieldCondition,
  type NewTask,
  type Operator,
  operators,
  type QueryPart,
  type Task,
  TaskService,
  type TaskStatus,
  withEpoch,
  withExecutor,
  withLimit,
  withMetadataId,
  withParent,
  withRunner,
  withStatus,
  withTaskId,
  withTaskIdDescending,
} from '#tasks';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

// What users ask goes by HTTP to the api and from there to Postgres; nothing here looks into the database.

let cluster: Cluster;
let url: string;
let client: TimerClient;
let tasks: TaskService;
let all: readonly Task[];

const task = (id: string, more: Partial<NewTask> = {}): NewTask => ({
  id,
  executor: 'work',
  ...more,
  options: { heartbeatTimeout: '10m', ...more.options },
});
const later = { delay: '1h' };
const ids = async (...parts: QueryPart[]): Promise<string[]> =>
  (await tasks.query(...parts)).map(({ id }) => id);

async function give(id: string, runner: string): Promise<Task> {
  const due = await eventually(`${id} is due`, async () => {
    const found = await tasks.get(id);
    return found?.eventId !== undefined && found;
  });
  return tasks.allocate(due, runner);
}

beforeAll(async () => {
  cluster = await Cluster.open();
  await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
  ({ url } = await cluster.api());
  client = new TimerClient({
    kafka: cluster.kafka,
    topicPrefix: cluster.prefix,
    api: { url },
    timeoutMs: 30_000,
  });
  await client.connect();
  tasks = new TaskService(client);
  for (const one of ['a', 'canceled', 'paused']) await tasks.create(task(one, { options: later }));
  for (const one of ['b', 'c', 'd.x']) await tasks.create(task(one, one === 'd.x' ? { executor: 10 } : {}));
  await tasks.cancel('canceled');
  await client.pauseTimer({ namespace: 'tasks', key: 'paused' });
  await tasks.createCronTask({ ...task('tick', { executor: 'tick' }), cron: '* * * * * *' });
  await give('b', 'r1');
  await give('c', 'r1');
  await give('c', 'r2');
  await tasks.complete(await give('d.x', 'r1'), 'r1', { code: 'failed', error: 'no luck' });
  await eventually('two ticks', async () => (await tasks.get('tick:2')) !== undefined);
  await tasks.cron.update('tick', { cron: '@yearly' });
  all = await tasks.query();
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

/** Codes of the statuses in their order. */
const ranks: readonly TaskStatus[] = ['created', 'running', 'completed', 'paused', 'canceled'];
type One = string | number;
const fields: Readonly<
  Record<string, { of(one: Task): One; ask(operator: Operator, value: never): FieldCondition }>
> = {
  taskId: { of: ({ taskId }) => taskId, ask: withTaskId },
  id: { of: ({ id }) => id, ask: withMetadataId },
  runner: { of: ({ runner }) => runner ?? '', ask: withRunner },
  status: { of: ({ status }) => status, ask: withStatus },
  epoch: { of: ({ epoch }) => epoch, ask: withEpoch },
  parent: { of: ({ parent }) => parent ?? '', ask: withParent },
  executor: { of: ({ executor }) => String(executor), ask: withExecutor },
};
const rank = (field: string, value: One): One =>
  field === 'status' ? ranks.indexOf(value as TaskStatus) : value;
const expected: Readonly<Record<Exclude<Operator, 'IN' | 'LIKE'>, (a: One, b: One) => boolean>> = {
  EQ: (a, b) => a === b,
  GT: (a, b) => a > b,
  GE: (a, b) => a >= b,
  LT: (a, b) => a < b,
  LE: (a, b) => a <= b,
};

describe('a query of tasks by HTTP', () => {
  it('finds every task with what happened to it, and no cron task', () => {
    const seen = new Map(all.map((one) => [one.id, one]));
    expect(seen.get('a')).toMatchObject({ status: 'created', epoch: 0, executor: 'work' });
    expect(seen.get('b')).toMatchObject({ status: 'running', epoch: 1, runner: 'r1' });
    expect(seen.get('c')).toMatchObject({ status: 'running', epoch: 2, runner: 'r2' });
    expect(seen.get('d.x')).toMatchObject({
      status: 'completed',
      runner: 'r1',
      result: { code: 'failed', error: 'no luck' },
    });
    expect(seen.get('canceled')?.status).toBe('canceled');
    expect(seen.get('paused')?.status).toBe('paused');
    expect(seen.get('tick:1')).toMatchObject({ parent: 'tick', executor: 'tick' });
    expect(seen.has('tick')).toBe(false);
    expect(all.map(({ taskId }) => taskId)).toEqual(all.map(({ taskId }) => taskId).sort());
  });

  for (const [field, { of, ask }] of Object.entries(fields)) {
    it(`compares ${field} by every operator`, async () => {
      const values = [...new Set(all.map(of))];
      for (const operator of operators) {
        if (operator === 'IN') {
          const some = values.filter((_, index) => index % 2 === 0);
          expect(await ids(ask('IN', some as never))).toEqual(
            all.filter((one) => some.includes(of(one))).map(({ id }) => id),
          );
          continue;
        }
        for (const value of values) {
          const holds = operator === 'LIKE' ? expected.EQ : expected[operator];
          const wanted = all.filter((one) => holds(rank(field, of(one)), rank(field, value)));
          expect([operator, value, await ids(ask(operator, value as never))]).toEqual([
            operator,
            value,
            wanted.map(({ id }) => id),
          ]);
        }
      }
    });
  }

  it('takes patterns, several conditions, an order and a limit', async () => {
    expect(await ids(withMetadataId('LIKE', 'd.%'))).toEqual(['d.x']);
    expect(await ids(withRunner('LIKE', 'r_'))).toEqual(['b', 'c', 'd.x']);
    expect(await ids(withExecutor('EQ', 10))).toEqual(['d.x']);
    expect(await ids(withRunner('EQ', 'r1'), withStatus('EQ', 'running'))).toEqual(['b']);
    const children = await ids(withParent('EQ', 'tick'));
    expect(await ids(withParent('EQ', 'tick'), withTaskIdDescending(), withLimit(1))).toEqual(
      children.slice(-1),
    );
    expect(await ids(withTaskIdDescending(), withLimit(3))).toEqual(
      all
        .map(({ id }) => id)
        .reverse()
        .slice(0, 3),
    );
  });

  it('goes on page by page, and a delete by condition reaches all of them', async () => {
    const many = new TaskService(client, { namespace: 'many' });
    const names = [...Array(700).keys()].map((n) => `m-${n}`);
    expect(await many.createBatch(names.map((id) => task(id, { options: later })))).toBe(700);
    expect((await many.query()).length).toBe(700);
    const [newest] = await many.query(withTaskIdDescending(), withLimit(1));
    const [oldest] = await many.query(withLimit(1));
    expect((newest?.taskId ?? '') > (oldest?.taskId ?? '')).toBe(true);
    expect(await many.deleteWhere(withMetadataId('LIKE', 'm-1__'))).toBe(100);
    expect((await many.query(withStatus('EQ', 'created'))).length).toBe(600);
  });
});

describe('cron tasks by HTTP', () => {
  const names = async (): Promise<string[]> => (await tasks.cron.list()).map(({ id }) => id).sort();

  it('are listed, changed, paused, let go and deleted, and the tasks that they made stay', async () => {
    await tasks.createCronTask({ ...task('nightly'), context: 'c', cron: '@yearly' });
    expect(await names()).toEqual(['nightly', 'tick']);
    const change = { cron: '0 0 3 * * *', timeZone: 'Europe/Paris', concurrency: 2 };
    const changed = await tasks.cron.update('nightly', change);
    const asked = await tasks.cron.get('nightly');
    expect(asked).toEqual(changed);
    expect(asked).toMatchObject({
      cron: '0 0 3 * * *',
      timeZone: 'Europe/Paris',
      executor: 'work',
      context: 'c',
      triggerTimes: 0,
      isPaused: false,
    });
    expect(
      new Intl.DateTimeFormat('en', { timeZone: 'Europe/Paris', hour: 'numeric', hourCycle: 'h23' }).format(
        asked?.nextTime,
      ),
    ).toBe('03');
    await tasks.cron.pause('nightly');
    expect(await tasks.cron.get('nightly')).toMatchObject({ isPaused: true });
    await tasks.cron.resume('nightly');
    expect(await tasks.cron.get('nightly')).toMatchObject({ isPaused: false, nextTime: asked?.nextTime });

    await tasks.stopScheduleCronTask();
    expect((await tasks.cron.list()).map(({ isPaused }) => isPaused)).toEqual([true, true]);
    await tasks.startScheduleCronTask();
    expect((await tasks.cron.list()).map(({ isPaused }) => isPaused)).toEqual([false, false]);

    const children = await ids(withParent('EQ', 'tick'));
    expect([await tasks.cron.delete('tick'), await tasks.cron.delete('tick')]).toEqual([true, false]);
    expect(await names()).toEqual(['nightly']);
    expect(await tasks.cron.get('tick')).toBeUndefined();
    expect(children.length).toBeGreaterThan(1);
    expect(await ids(withParent('EQ', 'tick'))).toEqual(children);
  });
});

describe('a process that knows nothing of PARTITIONS', () => {
  it('has its job run all the same: a due topic may be as wide as who made it liked', async () => {
    const member = new Members({ kafka: cluster.kafka, topicPrefix: cluster.prefix, partitions: 6 });
    try {
      const ran: string[] = [];
      await member.connect();
      const job = await member.schedule('wide', waitForInterval('1h'), () => void ran.push('wide'));
      await eventually('it ran', () => ran.length === 1);
      await job.close();
    } finally {
      await member.close();
    }
  });
});

describe('the list of once-jobs by HTTP', () => {
  it('has those of every process, with their moments and props, and none that was cancelled', async () => {
    const options = { kafka: cluster.kafka, topicPrefix: cluster.prefix, api: { url } };
    const members = [new Members(options), new Members(options)];
    try {
      for (const { jobOnce } of members) jobOnce.setCallback(() => undefined);
      await Promise.all(members.map((member) => member.connect()));
      await Promise.all(members.map(({ jobOnce }) => jobOnce.start()));
      const runAt = new Date('2100-01-01T00:00:00Z');
      const [first, second] = members.map(({ jobOnce }) => jobOnce);
      await first?.scheduleOnce('one', runAt, { n: 1 });
      await second?.scheduleOnce('two', runAt, 'text');
      const gone = await second?.scheduleOnce('gone', runAt);
      expect(await gone?.cancel()).toBe(true);
      for (const one of [first, second]) {
        const jobs = (await one?.listScheduledJobs()) ?? [];
        expect(jobs.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
          { key: 'one', runAt, props: { n: 1 } },
          { key: 'two', runAt, props: 'text' },
        ]);
      }
    } finally {
      await Promise.all(members.map((member) => member.close()));
    }
  });
});

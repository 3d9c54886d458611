import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiNotConfiguredError, InvalidSpecError, TimerNotPausedError } from '#client';
import { FrameworkSwitch } from './framework-switch.js';
import type { CronTask } from './model/cron-task-record.js';
import type { Task } from './model/task.js';
import { withParent } from './query/condition.js';
import { MemoryTimers } from './spec-dsl.js';
import { TaskService } from './task-service.js';

const second = 1_000;
const minute = 60 * second;
let timers: MemoryTimers;
let tasks: TaskService;
beforeEach(() => {
  timers = new MemoryTimers();
  tasks = new TaskService(timers, { framework: new FrameworkSwitch() });
});
/** Every minute at its beginning, unless said otherwise; the spec begins at ten o'clock sharp. */
const every = (more: object = {}) => ({ id: 'c', executor: 'init', cron: '0 * * * * *', ...more });
const childrenOf = (id: string): Promise<Task[]> => tasks.query(withParent('EQ', id));
const cron = async (id = 'c'): Promise<CronTask> => {
  const found = await tasks.cron.get(id);
  if (found === undefined) throw new Error(`no cron task ${id}`);
  return found;
};
async function complete({ id }: Pick<Task, 'id'>): Promise<void> {
  const waiting = await tasks.get(id);
  if (waiting === undefined) throw new Error(`no task ${id}`);
  await tasks.complete(await tasks.allocate(waiting, 'r1'), 'r1', { code: 'success' });
}

describe('a cron task', () => {
  it('makes nothing of a cron expression that makes no sense', async () => {
    await expect(tasks.createCronTask(every({ cron: 'now and then' }))).rejects.toThrow(InvalidSpecError);
    expect(await tasks.cron.list()).toEqual([]);
    for (const expression of ['* * * * *', '*/5 * * * * ?', '@daily', '@every 5m'])
      expect(await tasks.createCronTask(every({ id: expression, cron: expression }))).toBe(true);
  });
  it('does nothing for an id that is there, whatever else is given', async () => {
    await tasks.createCronTask(every());
    expect(await tasks.createCronTask(every({ cron: '@daily', executor: 'other' }))).toBe(false);
    expect(await cron()).toMatchObject({ cron: '0 * * * * *', executor: 'init', triggerTimes: 0 });
  });
  it('makes one task a tick, with its executor, context and options', async () => {
    const options = { maxRetryTimes: 2, labels: { zone: 'eu' }, retention: '1h' };
    await tasks.createCronTask(every({ context: 'for each', options }));
    timers.pass(3 * minute);
    const children = await childrenOf('c');
    expect(children.map(({ id }) => id)).toEqual(['c:1', 'c:2', 'c:3']);
    expect(children[2]).toMatchObject({ status: 'created', executor: 'init', context: 'for each', options });
    expect(await cron()).toMatchObject({ triggerTimes: 3, open: 3 });
    expect((await cron()).nextTime?.getTime()).toBe(timers.now + minute);
    await complete({ id: 'c:2' });
    expect(await cron()).toMatchObject({ triggerTimes: 3, open: 2 });
  });
  it('makes up for any number of missed ticks by one task', async () => {
    await tasks.createCronTask(every());
    await tasks.cron.pause('c');
    timers.pass(10 * minute);
    expect(await childrenOf('c')).toEqual([]);
    await tasks.cron.resume('c');
    timers.pass(second);
    expect((await childrenOf('c')).map(({ id }) => id)).toEqual(['c:1']);
  });
  it('drops a tick that finds its own tasks at the limit, whoever else uses the executor', async () => {
    await tasks.createCronTask(every({ concurrency: 2 }));
    await tasks.createCronTask(every({ id: 'other' }));
    await tasks.create({ id: 'single', executor: 'init' });
    timers.pass(5 * minute);
    expect((await childrenOf('c')).map(({ id }) => id)).toEqual(['c:1', 'c:2']);
    expect(await childrenOf('other')).toHaveLength(5);
    await complete({ id: 'c:1' });
    timers.pass(minute);
    expect((await childrenOf('c')).map(({ id }) => id)).toEqual(['c:1', 'c:2', 'c:3']);
  });
  it('keeps one tick until its task has ended, if it is told to', async () => {
    await tasks.createCronTask(every({ concurrency: 1, overlap: 'queueOne' }));
    timers.pass(5 * minute + second);
    expect(await childrenOf('c')).toHaveLength(1);
    await complete({ id: 'c:1' });
    timers.pass(second);
    expect(await childrenOf('c')).toHaveLength(2);
  });
  it('is made, paused and resumed also by a client that was told of no API', async () => {
    const reads = vi.spyOn(timers, 'getTimers').mockImplementation(async function* () {
      yield* [];
      throw new ApiNotConfiguredError();
    });
    expect(await tasks.createCronTask(every())).toBe(true);
    expect(await tasks.createCronTask(every())).toBe(false);
    await tasks.cron.pause('c');
    await tasks.cron.resume('c');
    await expect(tasks.cron.resume('c')).rejects.toThrow(TimerNotPausedError);
    reads.mockRestore();
    expect(await cron()).toMatchObject({ isPaused: false });
  });
  it('lists, changes, pauses and deletes cron tasks', async () => {
    await tasks.createCronTask(every());
    await tasks.createCronTask(every({ id: 'd', cron: '@daily', timeZone: 'Europe/Paris' }));
    expect((await tasks.cron.list()).map(({ id, timeZone }) => `${id} ${timeZone}`).sort()).toEqual([
      'c ',
      'd Europe/Paris',
    ]);
    timers.pass(minute + second);
    const changed = await tasks.cron.update('c', { cron: '30 * * * * *', concurrency: 1 });
    expect(changed.nextTime?.getTime()).toBe(timers.now + 29 * second);
    expect(await childrenOf('c')).toHaveLength(1);
    await expect(tasks.cron.update('c', { overlap: 'queueOne' })).rejects.toThrow(RangeError);
    await complete({ id: 'c:1' });
    timers.pass(29 * second);
    expect(await childrenOf('c')).toHaveLength(2);
    await tasks.cron.pause('c');
    expect(await cron()).toMatchObject({ isPaused: true, context: '', executor: 'init' });
    expect(await tasks.cron.delete('c')).toBe(true);
    expect(await tasks.cron.delete('c')).toBe(false);
    timers.pass(5 * minute);
    expect(await childrenOf('c')).toHaveLength(2);
    expect(await tasks.cron.get('c')).toBeUndefined();
  });
  it('is no task itself, and its tasks are no cron tasks', async () => {
    await tasks.createCronTask(every());
    timers.pass(minute);
    expect((await tasks.query()).map(({ id }) => id)).toEqual(['c:1']);
    expect((await tasks.cron.list()).map(({ id }) => id)).toEqual(['c']);
  });
});

describe('the schedule of all cron tasks', () => {
  it('holds all cron tasks and lets them go, twice without harm', async () => {
    await tasks.createCronTask(every());
    await tasks.stopScheduleCronTask();
    await tasks.stopScheduleCronTask();
    await tasks.createCronTask(every({ id: 'late' }));
    timers.pass(5 * minute);
    expect(await tasks.query()).toEqual([]);
    await tasks.startScheduleCronTask();
    await tasks.startScheduleCronTask();
    timers.pass(minute);
    expect((await tasks.query()).map(({ id }) => id).sort()).toEqual(['c:1', 'c:2', 'late:1', 'late:2']);
  });
  it('leaves alone what somebody else has paused', async () => {
    await tasks.createCronTask(every());
    await tasks.cron.pause('c');
    await tasks.stopScheduleCronTask();
    await tasks.startScheduleCronTask();
    expect(await cron()).toMatchObject({ isPaused: true });
  });
  it('leaves alone also what somebody pauses while it is held', async () => {
    await tasks.createCronTask(every());
    await tasks.stopScheduleCronTask();
    await tasks.cron.pause('c');
    await tasks.startScheduleCronTask();
    expect(await cron()).toMatchObject({ isPaused: true });
  });
  it('is not let go by a resume of one cron task, nor is what only the schedule holds resumed', async () => {
    await tasks.createCronTask(every());
    await tasks.cron.pause('c');
    await tasks.stopScheduleCronTask();
    await tasks.cron.resume('c');
    expect(await cron()).toMatchObject({ isPaused: true });
    await expect(tasks.cron.resume('c')).rejects.toThrow(TimerNotPausedError);
    await tasks.startScheduleCronTask();
    expect(await cron()).toMatchObject({ isPaused: false });
  });

  describe('and what was paused without a token', () => {
    const ref = { namespace: 'tasks', key: 'c' };
    beforeEach(async () => {
      await tasks.createCronTask(every());
      await timers.pauseTimer(ref);
    });
    it('is resumed', async () => {
      await tasks.cron.resume('c');
      expect(await cron()).toMatchObject({ isPaused: false });
    });
    it('is not resumed while the schedule is stopped, nor by its start', async () => {
      await tasks.stopScheduleCronTask();
      await expect(tasks.cron.resume('c')).rejects.toThrow(TimerNotPausedError);
      await tasks.startScheduleCronTask();
      expect(await cron()).toMatchObject({ isPaused: true });
      await tasks.cron.resume('c');
      expect(await cron()).toMatchObject({ isPaused: false });
    });
    it('is not resumed while somebody else holds it by a token', async () => {
      await timers.pauseTimer(ref, { token: 'audit' });
      await expect(tasks.cron.resume('c')).rejects.toThrow(TimerNotPausedError);
      expect(await cron()).toMatchObject({ isPaused: true });
    });
  });

  describe('stopped by a release that paused without a token and marked with a tag', () => {
    const ref = { namespace: 'tasks', key: 'c' };
    const isTagged = () => timers.record('tasks', 'c').tags.includes('schedule-stopped');
    beforeEach(async () => {
      await tasks.createCronTask(every());
      const { tags } = timers.record('tasks', 'c');
      await timers.updateTimer(ref, { tags: [...tags, 'schedule-stopped'] });
    });
    it('is started, also where this one stopped it once more', async () => {
      await timers.pauseTimer(ref);
      await tasks.stopScheduleCronTask();
      await tasks.startScheduleCronTask();
      expect([(await cron()).isPaused, isTagged()]).toEqual([false, false]);
    });
    it('is started where the pause never came', async () => {
      await tasks.startScheduleCronTask();
      expect([(await cron()).isPaused, isTagged()]).toEqual([false, false]);
    });
    it.each([0, 1])(
      'is started by the next one after a process that died after %i commands',
      async (commands) => {
        await timers.pauseTimer(ref);
        const dying = new TaskService(timers.dyingAfter(commands), { framework: new FrameworkSwitch() });
        await expect(dying.startScheduleCronTask()).rejects.toThrow('died');
        await tasks.startScheduleCronTask();
        expect([(await cron()).isPaused, isTagged()]).toEqual([false, false]);
      },
    );
    it('leaves alone what somebody has paused since, and is started once that is resumed', async () => {
      await timers.pauseTimer(ref);
      await tasks.cron.pause('c');
      await tasks.startScheduleCronTask();
      expect([(await cron()).isPaused, isTagged()]).toEqual([true, true]);
      await tasks.cron.resume('c');
      await tasks.startScheduleCronTask();
      expect([(await cron()).isPaused, isTagged()]).toEqual([false, false]);
    });
  });

  it('is held and let go by two at once', async () => {
    const other = new TaskService(timers, { framework: new FrameworkSwitch() });
    for (const id of ['c', 'd']) await tasks.createCronTask(every({ id }));
    await Promise.all([tasks.stopScheduleCronTask(), other.stopScheduleCronTask()]);
    timers.pass(5 * minute);
    expect(await tasks.query()).toEqual([]);
    await Promise.all([tasks.startScheduleCronTask(), other.startScheduleCronTask()]);
    timers.pass(minute);
    expect((await tasks.query()).map(({ id }) => id).sort()).toEqual(['c:1', 'c:2', 'd:1', 'd:2']);
  });

  describe('by a process that dies after some of its commands', () => {
    const ids = ['c', 'd', 'e'];
    const pausedOf = async () => (await tasks.cron.list()).map(({ isPaused }) => isPaused);
    beforeEach(async () => {
      for (const id of ids) await tasks.createCronTask(every({ id }));
    });
    /** One that is not interrupted gives one command for each cron task. */
    const dying = (commands: number) =>
      new TaskService(timers.dyingAfter(commands), { framework: new FrameworkSwitch() });

    it.each([0, 1, 2])('%i: the next one holds all', async (commands) => {
      await expect(dying(commands).stopScheduleCronTask()).rejects.toThrow('died');
      await tasks.stopScheduleCronTask();
      expect(await pausedOf()).toEqual([true, true, true]);
    });
    it.each([0, 1, 2])('%i: the next one lets all go', async (commands) => {
      await tasks.stopScheduleCronTask();
      await expect(dying(commands).startScheduleCronTask()).rejects.toThrow('died');
      await tasks.startScheduleCronTask();
      expect(await pausedOf()).toEqual([false, false, false]);
    });
    it.each([0, 1, 2])('%i: the next one turns back what was half done', async (commands) => {
      await expect(dying(commands).stopScheduleCronTask()).rejects.toThrow('died');
      await tasks.startScheduleCronTask();
      expect(await pausedOf()).toEqual([false, false, false]);
    });
    it('1: a cron task that it made while all were held is held when another makes it again', async () => {
      await tasks.stopScheduleCronTask();
      await expect(dying(1).createCronTask(every({ id: 'late' }))).rejects.toThrow('died');
      expect(await tasks.createCronTask(every({ id: 'late' }))).toBe(false);
      expect(await pausedOf()).toEqual([true, true, true, true]);
    });
  });

  describe('that one stopped and another started', () => {
    beforeEach(async () => {
      await tasks.createCronTask(every());
      await tasks.stopScheduleCronTask();
      await new TaskService(timers, { framework: new FrameworkSwitch() }).startScheduleCronTask();
    });
    it.each(['c', 'd'])('goes on when the first one makes %s', async (id) => {
      await tasks.createCronTask(every({ id }));
      expect(await cron(id)).toMatchObject({ isPaused: false });
    });
  });
  describe('that one starts while another makes a cron task once more', () => {
    const other = () => new TaskService(timers, { framework: new FrameworkSwitch() });
    const pausedOf = async () => (await tasks.cron.list()).map(({ isPaused }) => isPaused);
    beforeEach(async () => {
      for (const id of ['c', 'd']) await tasks.createCronTask(every({ id }));
      await tasks.stopScheduleCronTask();
    });
    it('goes on, though it was made when a part was still held', async () => {
      const { resumeTimer } = timers;
      vi.spyOn(timers, 'resumeTimer').mockImplementationOnce(async (ref, body) => {
        const resumed = await resumeTimer(ref, body);
        expect(await other().createCronTask(every())).toBe(false);
        expect(await pausedOf()).toEqual([true, true]);
        return resumed;
      });
      await tasks.startScheduleCronTask();
      expect(await pausedOf()).toEqual([false, false]);
    });
    it('goes on, though it is held when all is started', async () => {
      const { pauseTimer } = timers;
      vi.spyOn(timers, 'pauseTimer').mockImplementationOnce(async (ref, body) => {
        await tasks.startScheduleCronTask();
        return pauseTimer(ref, body);
      });
      await other().createCronTask(every({ id: 'late' }));
      expect(await pausedOf()).toEqual([false, false, false]);
    });
  });
  it('holds what another service than the one that stopped it makes', async () => {
    await tasks.createCronTask(every());
    await tasks.stopScheduleCronTask();
    await new TaskService(timers, { framework: new FrameworkSwitch() }).createCronTask(every({ id: 'late' }));
    expect(await cron('late')).toMatchObject({ isPaused: true });
  });
  it('is not stopped by a pause of one cron task', async () => {
    await tasks.createCronTask(every());
    await tasks.cron.pause('c');
    await tasks.createCronTask(every({ id: 'd' }));
    expect(await cron('d')).toMatchObject({ isPaused: false });
  });

  it('is let go also by another service than the one that held it', async () => {
    await tasks.createCronTask(every());
    await tasks.stopScheduleCronTask();
    await new TaskService(timers, { framework: new FrameworkSwitch() }).startScheduleCronTask();
    timers.pass(minute);
    expect((await tasks.query()).map(({ id }) => id)).toEqual(['c:1']);
  });
});

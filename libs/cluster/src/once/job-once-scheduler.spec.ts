import { afterEach, describe, expect, it } from 'vitest';
import { memoryCluster } from '../../../../test/harness/memory-cluster.js';
import { eventually } from '../../../../test/harness/wait.js';
import type { ClusterDeps } from '../deps.js';
import { onceTag } from '../model/cluster-record.js';
import { InvalidKeyError, onceClass } from '../names.js';
import { JobExistsError, PropsTooLargeError, SchedulerStateError } from './errors.js';
import { type JobOnce, JobOnceScheduler, type OnceOptions } from './job-once-scheduler.js';

function setUp() {
  const cluster = memoryCluster(onceClass('default'), onceClass('billing'), onceClass('mail'));
  const ran: [string, unknown][] = [];
  const node = (options: OnceOptions = {}) => new JobOnceScheduler(cluster.deps, options);
  const started = async (
    callback = (key: string, props: unknown): void | Promise<void> => void ran.push([key, props]),
  ) => {
    const scheduler = node();
    scheduler.setCallback(callback);
    await scheduler.start();
    return scheduler;
  };
  const inMs = (ms: number) => new Date(cluster.clock.now() + ms);
  return { ...cluster, ran, node, started, inMs };
}
let open: ReturnType<typeof setUp> | null = null;
const world = () => {
  open = setUp();
  return open;
};
afterEach(() => open?.timers.close());

const over = (timers: ClusterDeps['timers'], calls: Partial<ClusterDeps['timers']>): ClusterDeps['timers'] =>
  new Proxy(timers, {
    get: (given, name) => {
      const member = Reflect.get(calls, name) ?? Reflect.get(given, name);
      return typeof member === 'function' ? member.bind(given) : member;
    },
  });

describe('once-jobs', () => {
  it('refuse what comes in the wrong order', async () => {
    const { node, inMs } = world();
    const scheduler = node();
    expect(() => scheduler.setCallback(null as never)).toThrow('callback cannot be nil');
    await expect(scheduler.start()).rejects.toThrow('set callback before starting the scheduler');
    await expect(scheduler.scheduleOnce('k', inMs(0))).rejects.toThrow(
      'start the scheduler before adding jobs',
    );
    scheduler.setCallback(() => undefined);
    await scheduler.start();
    await expect(scheduler.start()).rejects.toThrow(SchedulerStateError);
  });

  it('are run by nobody who was stopped while it started, or before', async () => {
    const { deps } = world();
    const starting = Promise.withResolvers<void>();
    const startWorker: ClusterDeps['startWorker'] = (_class, _handler, { signal }) => {
      starting.resolve();
      return new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
    };
    const scheduler = new JobOnceScheduler({ ...deps, startWorker });
    scheduler.setCallback(() => undefined);
    const started = scheduler.start();
    await starting.promise;
    await Promise.all([scheduler.stop(), expect(started).rejects.toThrow('stops')]);
    await scheduler.stop();
  });

  it('run once at their time, with their props, and leave nothing behind', async () => {
    const { started, inMs, timers, ran } = world();
    const scheduler = await started();
    await scheduler.scheduleOnce('k', inMs(1_000), { a: [1, 'x'] });
    expect(await scheduler.listScheduledJobs()).toEqual([
      { key: 'k', runAt: inMs(1_000), props: { a: [1, 'x'] } },
    ]);
    await timers.advance(999);
    expect(ran).toEqual([]);
    await timers.advance(2);
    expect(ran).toEqual([['k', { a: [1, 'x'] }]]);
    await timers.advance(10);
    expect(await scheduler.listScheduledJobs()).toEqual([]);
    expect(await timers.count({ keyPrefix: 'once/' })).toMatchObject({ count: 0 });
  });

  it('that are overdue run at once, also those of a process that is gone', async () => {
    const { started, inMs, timers, ran } = world();
    const gone = await started();
    await gone.scheduleOnce('k', inMs(1_000));
    await gone.stop();
    await timers.advance(100);
    await started();
    await timers.advance(5_000);
    expect(ran).toEqual([['k', null]]);
    await (await started()).scheduleOnce('late', inMs(-60_000));
    await timers.advance(1);
    expect(ran[1]).toEqual(['late', null]);
  });

  it('of one key are there once, whichever process asks', async () => {
    const { started, inMs } = world();
    const [a, b] = [await started(), await started()];
    await a.scheduleOnce('k', inMs(1_000), 'first');
    await expect(b.scheduleOnce('k', inMs(5), 'second')).rejects.toThrow(JobExistsError);
    expect(await b.listScheduledJobs()).toMatchObject([{ props: 'first' }]);
  });

  it('that are done free their key at once, though no fire service is there to take away what they left', async () => {
    const { started, inMs, timers, ran, clock } = world();
    const scheduler = await started();
    await scheduler.scheduleOnce('k', inMs(0), 1);
    await timers.advance(0);
    expect(ran).toEqual([['k', 1]]);
    expect(await timers.getTimerByKey('once/k')).toMatchObject({ status: 'ended' });
    const now = clock.now();
    await scheduler.scheduleOnce('k', inMs(1_000), 2);
    expect(clock.now()).toBe(now);
    await timers.advance(1_001);
    expect(ran).toEqual([
      ['k', 1],
      ['k', 2],
    ]);
  });

  it('that were made anew while what they left is looked at stay', async () => {
    const { deps, started, inMs, timers } = world();
    const first = await started();
    await first.scheduleOnce('k', inMs(0), 1);
    await timers.advance(0);
    const deleteTimer: typeof timers.deleteTimer = async (ref, options) => {
      // between the look and the deletion: the remains go, and another process takes the name
      await timers.advance(2);
      await first.scheduleOnce('k', inMs(60_000), 'theirs');
      return timers.deleteTimer(ref, options);
    };
    const late = new JobOnceScheduler({ ...deps, timers: over(deps.timers, { deleteTimer }) });
    late.setCallback(() => undefined);
    await late.start();
    await expect(late.scheduleOnce('k', inMs(5), 'ours')).rejects.toThrow(JobExistsError);
    expect(await first.listScheduledJobs()).toMatchObject([{ props: 'theirs' }]);
  });

  it('of one key are there once for each application, which knows none but its own', async () => {
    const { node, inMs, timers, ran } = world();
    const schedulers = ['default', 'billing', 'mail'].map((application) => {
      const scheduler = node({ application });
      scheduler.setCallback((key, props, { attempt }) => void ran.push([key, [application, props, attempt]]));
      return scheduler;
    });
    for (const [index, scheduler] of schedulers.entries()) {
      await scheduler.start();
      await scheduler.scheduleOnce('tidy/up', inMs(1_000), index);
    }
    const [ofAll, billing, mail] = schedulers;
    await expect(billing?.scheduleOnce('tidy/up', inMs(5))).rejects.toThrow(JobExistsError);
    expect(await billing?.listScheduledJobs()).toMatchObject([{ key: 'tidy/up', props: 1 }]);
    expect(await mail?.cancel('tidy/up')).toBe(true);
    expect(await mail?.cancel('tidy/up')).toBe(false);
    // what is stored already goes on by its name
    expect(await timers.getTimerByKey('once/tidy/up')).toMatchObject({ summaryData: '0' });
    await ofAll?.scheduleOnce('billing/tidy/up', inMs(60_000));
    await timers.advance(2_000);
    expect(ran.sort()).toEqual([
      ['tidy/up', ['billing', 1, 1]],
      ['tidy/up', ['default', 0, 1]],
    ]);
  });

  it('stored under the name before the application had one go on by that: scheduled again and cancelled from inside', async () => {
    const { node, inMs, timers, ran } = world();
    const scheduler = node({ application: 'billing' });
    const again: JobOnce[] = [];
    scheduler.setCallback(async (key, props, { attempt }) => {
      ran.push([key, [props, attempt]]);
      if (props === 'stop') ran.push([key, [await scheduler.cancel(key), await scheduler.cancel(key)]]);
      if (props !== 1) return;
      again.push(await scheduler.scheduleOnce(key, inMs(60_000), 2));
      if (attempt === 1) throw new Error('not yet');
    });
    await scheduler.start();
    const stored = { hookClass: onceClass('billing'), tags: [onceTag], ackTimeout: '10s', keepFor: '1ms' };
    const store = (key: string, summaryData: string) =>
      timers.createTimer({
        ...{ ...stored, key, summaryData },
        ...{ schedPolicyType: 'ONCE', schedPolicyExpr: inMs(0).toISOString() },
      });
    await store('once/stop', '"stop"');
    await store('once/k', '1');
    await timers.advance(30_000);
    expect(ran.sort()).toEqual([
      ['k', [1, 1]],
      ['k', [1, 2]],
      ['stop', ['stop', 1]],
      ['stop', [true, false]],
    ]);
    expect(await scheduler.listScheduledJobs()).toMatchObject([{ key: 'k', props: 2 }]);
    expect(await again[1]?.cancel()).toBe(true);
    expect(await again[1]?.cancel()).toBe(false);
    expect(await scheduler.listScheduledJobs()).toEqual([]);
  });

  it('of an application with a long name have so much shorter keys', async () => {
    const { node, inMs } = world();
    const application = 'a'.repeat(20);
    const scheduler = node({ application });
    scheduler.setCallback(() => undefined);
    await scheduler.start();
    const longest = 'k'.repeat(256 - `once.${application}/`.length);
    await scheduler.scheduleOnce(longest, inMs(60_000));
    await expect(scheduler.scheduleOnce(`${longest}k`, inMs(60_000))).rejects.toThrow('1 to 230 characters');
  });

  it('are cancelled by key anywhere and by their own handle, and an unknown one is no error', async () => {
    const { started, inMs, timers, ran } = world();
    const [a, b] = [await started(), await started()];
    const job = await a.scheduleOnce('k', inMs(1_000));
    expect(await b.cancel('k')).toBe(true);
    expect(await job.cancel()).toBe(false);
    expect(await b.cancel('never was')).toBe(false);
    await expect(b.cancel('')).rejects.toThrow(InvalidKeyError);
    await timers.advance(2_000);
    expect(ran).toEqual([]);
    await a.scheduleOnce('k', inMs(1_000), 2);
    await timers.advance(1_100);
    expect(ran).toEqual([['k', 2]]);
  });

  it('a job that is made anew elsewhere runs at its new time with its new props, and not at the old one', async () => {
    const { started, inMs, timers, ran } = world();
    const [a, b] = [await started(), await started()];
    await a.scheduleOnce('k', inMs(1_000), 'old');
    await b.cancel('k');
    await b.scheduleOnce('k', inMs(3_000), 'new');
    await timers.advance(2_000);
    expect(ran).toEqual([]);
    await timers.advance(1_100);
    expect(ran).toEqual([['k', 'new']]);
  });

  it('may be cancelled from inside their own callback', async () => {
    const { started, inMs, timers, ran } = world();
    const scheduler = await started(async (key) => {
      ran.push([key, await scheduler.cancel(key)]);
    });
    await scheduler.scheduleOnce('k', inMs(0));
    await timers.advance(100);
    expect(ran).toEqual([['k', true]]);
    expect(await scheduler.listScheduledJobs()).toEqual([]);
  });

  it('may be scheduled again from inside their own callback', async () => {
    const { started, inMs, timers, ran } = world();
    const scheduler = await started(async (key, props) => {
      ran.push([key, props]);
      if (props === 1) await scheduler.scheduleOnce(key, inMs(500), 2);
    });
    await scheduler.scheduleOnce('k', inMs(0), 1);
    await timers.advance(400);
    expect(ran).toEqual([['k', 1]]);
    await timers.advance(200);
    expect(ran).toEqual([
      ['k', 1],
      ['k', 2],
    ]);
  });

  it('that are scheduled again by a run that fails have it tried again with its own props, and come at their time', async () => {
    const { started, inMs, timers, ran } = world();
    const failures = [true, true, false];
    const scheduler = await started(async (key, props) => {
      ran.push([key, props]);
      if (props !== 17) return;
      // twice: the last wish counts, and the run is still the one it was
      for (const next of ['no', null]) await scheduler.scheduleOnce(key, inMs(60_000), next);
      if (failures.shift()) throw new Error('not yet');
    });
    await scheduler.scheduleOnce('k', inMs(0), 17);
    await timers.advance(30_000);
    const tries = [0, 1, 2].map(() => ['k', 17]);
    expect(ran).toEqual(tries);
    expect(await scheduler.listScheduledJobs()).toMatchObject([{ key: 'k', props: null }]);
    await timers.advance(59_000);
    expect(ran).toEqual([...tries, ['k', null]]);
    await timers.advance('1h');
    expect(ran).toHaveLength(4);
    expect(await scheduler.listScheduledJobs()).toEqual([]);
  });

  it('that are scheduled again by a run that is given up come at their time', async () => {
    const { timers, inMs, node, ran } = world();
    const scheduler = node({ retry: { maxAttempts: 1 } });
    scheduler.setCallback(async (key, props) => {
      ran.push([key, props]);
      if (props !== 1) return;
      await scheduler.scheduleOnce(key, inMs(60_000), 2);
      throw new Error('never');
    });
    await scheduler.start();
    await scheduler.scheduleOnce('k', inMs(0), 1);
    await timers.advance(59_000);
    expect(ran).toEqual([['k', 1]]);
    await timers.advance(2_000);
    expect(ran).toEqual([
      ['k', 1],
      ['k', 2],
    ]);
  });

  it('that a stopping process interrupts run elsewhere at once, and use up no attempt', async () => {
    const { timers, inMs, node, started, ran } = world();
    const interrupted = node({ retry: { maxAttempts: 1 } });
    interrupted.setCallback(
      (_key, _props, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await interrupted.start();
    await started();
    await interrupted.scheduleOnce('k', inMs(0));
    await timers.advance(1);
    await interrupted.stop();
    await eventually('it runs elsewhere', async () => {
      await timers.advance(1);
      return ran.length > 0;
    });
    expect(ran).toEqual([['k', null]]);
  });

  it('wait for a process, however long there is none, and use up no attempt', async () => {
    const { timers, inMs, node, started, ran } = world();
    const gone = node({ retry: { maxAttempts: 1 } });
    gone.setCallback(() => undefined);
    await gone.start();
    await gone.scheduleOnce('k', inMs(0));
    await gone.stop();
    await timers.advance('10m');
    await started();
    await timers.advance('10s');
    expect(ran).toEqual([['k', null]]);
  });

  it('are taken sixteen at a time, or as many as the process says', async () => {
    for (const [parallelism, wanted] of [
      [undefined, 16],
      [1, 1],
    ] as const) {
      const { deps } = world();
      const given: number[] = [];
      const startWorker: ClusterDeps['startWorker'] = async (...args) => {
        given.push(args[2].parallelism);
        return deps.startWorker(...args);
      };
      const scheduler = new JobOnceScheduler(
        { ...deps, startWorker },
        parallelism === undefined ? {} : { parallelism },
      );
      scheduler.setCallback(() => undefined);
      await scheduler.start();
      expect(given).toEqual([wanted]);
    }
  });

  it('that fail are tried again', async () => {
    const { started, inMs, timers, ran } = world();
    const scheduler = await started((key) => {
      ran.push([key, null]);
      if (ran.length === 1) throw new Error('not yet');
    });
    await scheduler.scheduleOnce('k', inMs(0));
    await timers.advance(5_000);
    expect(ran).toHaveLength(2);
  });

  it('take props of 10,000 bytes and not of one more, nor what is no JSON', async () => {
    const { started, inMs } = world();
    const scheduler = await started();
    const text = 'x'.repeat(9_998);
    await scheduler.scheduleOnce('fits', inMs(60_000), text);
    await expect(scheduler.scheduleOnce('not', inMs(60_000), `${text}x`)).rejects.toThrow(PropsTooLargeError);
    await expect(scheduler.scheduleOnce('not', inMs(60_000), () => 1)).rejects.toThrow(TypeError);
    await expect(scheduler.scheduleOnce('not', inMs(60_000), 1n)).rejects.toThrow(TypeError);
    await expect(scheduler.scheduleOnce('', inMs(60_000))).rejects.toThrow(InvalidKeyError);
    expect(await scheduler.listScheduledJobs()).toHaveLength(1);
  });

  it('the callback may be set again, and the last one counts', async () => {
    const { started, inMs, timers, ran } = world();
    const scheduler = await started(() => undefined);
    await scheduler.scheduleOnce('k', inMs(10));
    scheduler.setCallback((key) => void ran.push([key, 'last']));
    await timers.advance(20);
    expect(ran).toEqual([['k', 'last']]);
  });
});

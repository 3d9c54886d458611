import { afterEach, describe, expect, it } from 'vitest';
import { memoryCluster } from '../../../../test/harness/memory-cluster.js';
import { eventually } from '../../../../test/harness/wait.js';
import { InvalidKeyError, jobClass, jobKey } from '../names.js';
import { Job, type JobOptions } from './job.js';
import type { JobCallback, JobRun } from './job-hook.js';
import { type NextWaitInterval, waitForInterval, waitForRoundedInterval } from './wait.js';

const key = 'report';
const minute = 60_000;

function setUp() {
  const cluster = memoryCluster(jobClass(key), jobClass('other'));
  const runs: JobRun[] = [];
  const at: number[] = [];
  const record: JobCallback = (run) => {
    runs.push(run);
    at.push(cluster.clock.now());
  };
  const start = (
    wait: NextWaitInterval,
    callback: JobCallback = record,
    options: JobOptions = {},
    name = key,
  ) => Job.start(cluster.deps, { key: name, wait, callback }, options, () => undefined);
  const from = cluster.clock.now();
  return { ...cluster, runs, record, start, since: () => at.map((moment) => moment - from) };
}
let open: ReturnType<typeof setUp> | null = null;
const world = () => {
  open = setUp();
  return open;
};
afterEach(() => open?.timers.close());

describe('a scheduled job', () => {
  it('runs at once when it never ran, and so long after each end', async () => {
    const { start, timers, since } = world();
    await start(waitForInterval('5m'));
    await timers.advance('11m');
    expect(since()).toEqual([0, 5 * minute, 10 * minute]);
  });

  it('counts from the end of a run, so its period is the interval and the run', async () => {
    const { start, timers, clock, since, record } = world();
    await start(
      waitForInterval('5m'),
      async (run) => {
        await record(run);
        await clock.sleep(minute);
      },
      { ackTimeout: '1h' },
    );
    await timers.advance('6m');
    await timers.advance('6m');
    expect(since()).toEqual([0, 6 * minute, 12 * minute]);
  });

  it('rounded: runs at the next multiple on the grid of UTC after its end', async () => {
    const { start, timers, since } = world();
    await timers.advance('90s');
    await start(waitForRoundedInterval('5m'));
    await timers.advance('10m');
    expect(since()).toEqual([1.5 * minute, 5 * minute, 10 * minute]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no calendar');
      },
    ],
    ['answers no number', () => Number.NaN],
  ])('a function of one’s own that %s after a run does not have it done again', async (_what, fail) => {
    const { start, timers, since, runs } = world();
    let isWell = true;
    await start((_now, { lastFinished }) => {
      isWell = lastFinished === null || !isWell;
      return isWell ? 0 : fail();
    });
    await timers.advance('4m');
    expect(since()).toEqual([0]);
    // after retry.max it is asked again, and told when the run was done
    await timers.advance('61s');
    expect(since().map((ms) => Math.round(ms / minute))).toEqual([0, 5]);
    expect(runs.map(({ lastFinished }) => lastFinished)).toEqual([null, expect.any(Date)]);
  });

  it('a function of one’s own is asked before a run and after it, with the last end', async () => {
    const { start, timers, since, runs, clock } = world();
    const asked: (number | null)[] = [];
    const from = clock.now();
    await start((_now, { lastFinished }) => {
      asked.push(lastFinished === null ? null : Math.round((lastFinished.getTime() - from) / minute));
      return lastFinished === null ? 0 : 2 * minute;
    });
    await timers.advance('1m');
    expect(since()).toEqual([0]);
    expect(asked).toEqual([null, 0]);
    expect(runs[0]?.lastFinished).toBeNull();
  });

  it('keeps the rhythm when it is closed and scheduled again later', async () => {
    const { start, timers, since } = world();
    const job = await start(waitForInterval('5m'));
    await timers.advance('1m');
    await job.close();
    await job.close();
    await timers.advance('1m');
    await start(waitForInterval('5m'));
    await timers.advance('4m');
    expect(since()).toEqual([0, 5 * minute]);
  });

  it('takes the interval of a new version against the same last run', async () => {
    const { start, timers, since } = world();
    const old = await start(waitForInterval('1h'));
    await timers.advance('3m');
    await old.close();
    await start(waitForInterval('5m'));
    await timers.advance('2m');
    expect(since()).toEqual([0, 5 * minute]);
  });

  it('takes a policy of one’s own in the place of an interval, and asks it at once', async () => {
    const { start, timers, since } = world();
    const old = await start(waitForInterval('1h'));
    await timers.advance('3m');
    await old.close();
    await start((_now, { lastFinished }) => (lastFinished === null ? 0 : 30 * minute));
    await timers.advance('1m');
    expect(since()).toEqual([0]);
    expect((await timers.getTimerByKey(jobKey(key))).status).toBe('waiting');
  });

  it('a thousand replicas that start together give one first run', async () => {
    const { start, timers, since } = world();
    await Promise.all(Array.from({ length: 1_000 }, () => start(waitForInterval('5m'))));
    await timers.advance('1m');
    expect(since()).toEqual([0]);
  });

  it('jobs of different keys do not wait for each other', async () => {
    const { start, timers, since, record } = world();
    await start(waitForInterval('5m'), () => new Promise(() => undefined), { ackTimeout: '1h' });
    await start(waitForInterval('5m'), record, {}, 'other');
    await timers.advance('5m');
    expect(since()).toEqual([0, 5 * minute]);
  });

  it('tries a failing run again by its policy, records the error, and then waits for the next time', async () => {
    const { start, timers, runs, record } = world();
    const fails: JobCallback = (run) => {
      void record(run);
      throw new Error('no disk');
    };
    await start(waitForInterval('1h'), fails, { retry: { maxAttempts: 2, min: '1s', max: '1s' } });
    await timers.advance('5s');
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2]);
    const timer = await timers.getTimerByKey(jobKey(key));
    expect(timer).toMatchObject({ status: 'waiting', givenUp: { error: 'no disk' } });
    await timers.advance('1h');
    expect(runs.length).toBeGreaterThan(2);
  });

  it('a job with a policy of its own goes on after its last failure, too', async () => {
    const { start, timers, runs, record } = world();
    const fails: JobCallback = (run) => {
      void record(run);
      throw new Error('no disk');
    };
    await start(() => 0, fails, { retry: { maxAttempts: 2, min: '1s', max: '1s' } });
    await timers.advance('2500ms');
    expect(runs.length).toBeGreaterThanOrEqual(2);
    const timer = await timers.getTimerByKey(jobKey(key));
    expect(timer.outcome).toMatchObject({ result: '{"error":"no disk"}' });
    expect(timer.endedReason).toBeUndefined();
  });

  const closedInMidRun = async (callback: JobCallback, options: JobOptions = {}) => {
    const { start, timers, runs, record, clock } = world();
    const retry = { maxAttempts: 1 };
    const job = await start(waitForInterval('1h'), callback, { retry, ...options });
    await start(waitForInterval('1h'), record, { retry });
    await timers.advance('1s');
    await job.close();
    return { timers, runs, clock };
  };

  it('a run under way hears of the close, begins elsewhere at once, and uses up no attempt', async () => {
    let heard: unknown = null;
    const { timers, runs } = await closedInMidRun(
      ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            heard = signal.reason;
            reject(signal.reason);
          }),
        ),
    );
    await eventually('it is handed back', async () => {
      await timers.advance(1);
      return runs.length > 0;
    });
    expect(heard).toMatchObject({ message: 'job report is closed here' });
    // with a single attempt, a failed one would have left the job waiting for its next time
    expect(runs.map(({ attempt }) => attempt)).toEqual([2]);
    const timer = await timers.getTimerByKey(jobKey(key));
    expect(timer.summaryData).toContain('lastFinished');
    expect(timer.givenUp).toBeUndefined();
  });

  it('a run that finishes all the same is the run', async () => {
    const end = Promise.withResolvers<void>();
    const { timers, runs } = await closedInMidRun(() => end.promise);
    end.resolve();
    await eventually('it is closed', async () => {
      await timers.advance(1);
      return (await timers.getTimerByKey(jobKey(key))).status === 'waiting';
    });
    expect(runs).toEqual([]);
    expect((await timers.getTimerByKey(jobKey(key))).summaryData).toContain('lastFinished');
  });

  it('a run that does not hear the close begins elsewhere when it has had its ack timeout to end in', async () => {
    const { timers, runs, clock } = await closedInMidRun(() => new Promise(() => undefined), {
      stopWaitMs: 1,
      ackTimeout: '20s',
    });
    const before = clock.now();
    await eventually(
      'it is handed back',
      async () => (await timers.getTimerByKey(jobKey(key))).lastError !== undefined,
    );
    await timers.advance('19s');
    expect(runs).toEqual([]);
    await timers.advance('1s');
    expect(runs.map(({ attempt }) => attempt)).toEqual([2]);
    expect(clock.now() - before).toBe(20_000);
  });

  it('a run uses up no attempt while no process is there', async () => {
    const { start, timers, runs } = world();
    const retry = { maxAttempts: 1 };
    const job = await start(waitForInterval('1h'), () => undefined, { retry, ackTimeout: '10s' });
    await job.close();
    await timers.advance('5m');
    await start(waitForInterval('1h'), (run) => void runs.push(run), { retry, ackTimeout: '10s' });
    await timers.advance('11s');
    expect(runs).toHaveLength(1);
  });

  it('a note of the last run that nobody can read delays nothing, and is told as never run', async () => {
    const { start, timers, runs, since } = world();
    await start(waitForInterval('5m'));
    await timers.advance('1m');
    await timers.updateTimer({ key: jobKey(key) }, { summaryData: 'no JSON' });
    await timers.advance('4m');
    expect(since()).toEqual([0, 5 * minute]);
    expect(runs[1]?.lastFinished).toBeNull();
  });

  it('an empty key is refused', async () => {
    const { start, record } = world();
    await expect(start(waitForInterval('1s'), record, {}, '')).rejects.toThrow(InvalidKeyError);
  });
});

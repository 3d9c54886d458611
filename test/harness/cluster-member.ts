import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { Cluster, type Lock, LockLostError, waitForInterval } from '#cluster';

// One replica of a service: a job, a mutex and once-jobs, as MEMBER_TASKS says. What it does it notes in the table `trace`
// of TRACE_URL; what it writes under the mutex goes to a resource that remembers the highest token.

const who = process.env.MEMBER ?? 'member';
const tasks = (process.env.MEMBER_TASKS ?? '').split(',');
const pool = new pg.Pool({ connectionString: process.env.TRACE_URL, max: 4 });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const note = (what: string, key: string, token: number | null = null): Promise<unknown> =>
  pool.query('insert into trace (who, what, key, token) values ($1, $2, $3, $4)', [who, what, key, token]);

const cluster = new Cluster({
  kafka: { brokers: (process.env.KAFKA_BROKERS ?? '').split(','), clientId: who, log: quiet },
  topicPrefix: process.env.TOPIC_PREFIX ?? 'timers',
  partitions: 4,
  timeoutMs: 5_000,
  once: { ackTimeout: '2s', retry: { min: '100ms', max: '500ms' } },
});
await cluster.connect();

if (tasks.includes('job')) {
  await cluster.schedule(
    'tick',
    waitForInterval('200ms'),
    async ({ signal }) => {
      await note('start', 'tick');
      say('in the job');
      // long enough for who watches it to strike while it runs
      await after(500, null, { signal }).catch(() => undefined);
      await note(signal.aborted ? 'aborted' : 'end', 'tick');
    },
    { ackTimeout: '2s', retry: { min: '100ms', max: '500ms', maxAttempts: 0 } },
  );
}

if (tasks.includes('once')) {
  cluster.jobOnce.setCallback(async (key, props) => {
    await note('ran', key, Number(props));
    if (key === 'again' && props === 1)
      await cluster.jobOnce.scheduleOnce(key, new Date(Date.now() + 300), 2);
    if (key === 'cancels') await note(String(await cluster.jobOnce.cancel(key)), key);
  });
  await cluster.jobOnce.start();
}

/** False: the resource has seen a higher token. */
async function write(token: number): Promise<boolean> {
  const { rowCount } = await pool.query('update resource set token = $1, who = $2 where token <= $1', [
    token,
    who,
  ]);
  return rowCount === 1;
}

async function inside(lock: Lock, holdMs: number): Promise<void> {
  await note('enter', 'mutex', lock.token);
  say('in the lock');
  await after(holdMs);
  await note((await write(lock.token)) ? 'wrote' : 'refused', 'mutex', lock.token);
}

async function useMutex(): Promise<void> {
  const mutex = cluster.mutex('m', { ttl: '2s' });
  for (;;) {
    const lock = await mutex.lock();
    await inside(lock, Number(process.env.HOLD_MS ?? 20));
    try {
      await lock.unlock();
      await note('leave', 'mutex', lock.token);
    } catch (error) {
      if (!(error instanceof LockLostError)) throw error;
      await note(lock.signal.aborted ? 'lost' : 'lost unheard', 'mutex', lock.token);
    }
  }
}
if (tasks.includes('mutex')) void useMutex();

process.on('SIGTERM', () => {
  cluster
    .close()
    .then(() => pool.end())
    .then(() => process.exit(0));
});
say('member is up');

import type { TimerRecord } from '#contract';

// What timers say of jobs and mutexes. Pure, and of no runtime: a browser reads them by this too.

export const jobKeyPrefix = 'job/';
/** Of the default application; any other's name stands before the slash. */
export const onceKeyPrefix = 'once/';
export const mutexKeyPrefix = 'mutex/';
export const jobTag = 'carillon.job';
export const onceTag = 'carillon.once';

/** A job's own key; what its timer's has before the first slash says whose it is. */
export const ownKey = (timerKey: string): string => timerKey.slice(timerKey.indexOf('/') + 1);

/** A job of a cluster, or one that runs once, as it stands. */
export interface ClusterJob {
  readonly timerId: string;
  readonly namespace: string;
  readonly key: string;
  readonly kind: 'repeated' | 'once';
  /** `after finish 30s`; of once-jobs the moment. */
  readonly policy: string;
  readonly status: string;
  /** Who runs it now. */
  readonly runner: string | undefined;
  readonly runningSince: string | undefined;
  readonly attempt: number | undefined;
  /** When the last finished run began. */
  readonly lastRun: string | undefined;
  readonly nextRun: string | undefined;
  readonly runs: number;
  readonly lastError: string | undefined;
}

/** Undefined: it is no job. */
export function jobOf(timer: TimerRecord): ClusterJob | undefined {
  const { id, namespace, key, status, attempt, schedPolicyType, schedPolicyExpr } = timer;
  const isOnce = timer.tags.includes(onceTag);
  if (!isOnce && !timer.tags.includes(jobTag)) return undefined;
  const isRunning = timer.eventId !== undefined;
  const policy = schedPolicyType.toLowerCase().replace('_', ' ');
  return {
    timerId: id,
    namespace,
    key: ownKey(key),
    kind: isOnce ? 'once' : 'repeated',
    policy: isOnce ? schedPolicyExpr : `${policy} ${schedPolicyExpr}`.trimEnd(),
    status,
    runner: isRunning ? text(timer.worker) : undefined,
    runningSince: isRunning ? text(timer.eventStart) : undefined,
    attempt,
    lastRun: timer.watermark,
    // while it runs that is the moment at which its runner is given up for lost
    nextRun: isRunning ? undefined : timer.nextFireTime,
    runs: typeof timer.fires === 'number' ? timer.fires : 0,
    lastError: text(timer.lastError) ?? timer.givenUp?.error,
  };
}

/** A lease that is held, or that was: a mutex, or any other timer somebody leased. */
export interface HeldLock {
  readonly timerId: string;
  readonly namespace: string;
  /** Of the timer: a mutex is at `mutex/` and its own. */
  readonly key: string;
  readonly holder: string;
  /** Fencing token: higher than that of every former holder. */
  readonly token: number;
  readonly since: string;
  readonly until: string;
  /** False: it has ended, and nobody has taken it since. */
  readonly isHeld: boolean;
}

/** Undefined: nobody has it. @param nowMs a lease past its end is nobody's, whatever is stored */
export function lockOf({ id, namespace, key, lease }: TimerRecord, nowMs: number): HeldLock | undefined {
  if (lease === undefined) return undefined;
  return { timerId: id, namespace, key, ...lease, isHeld: Date.parse(lease.until) > nowMs };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

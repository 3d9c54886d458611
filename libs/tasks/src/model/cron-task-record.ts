import type { TimerRecord } from '#contract';
import type { TaskContext, TaskOptions } from './task.js';
import { executorOf, openEnvelope } from './task-record.js';

export interface CronTask {
  readonly id: string;
  readonly executor: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly context: TaskContext;
  readonly options: TaskOptions;
  /** Tasks made so far; the last one is `<id>:<triggerTimes>`. */
  readonly triggerTimes: number;
  /** Of its tasks, those that have not ended. */
  readonly open: number;
  readonly nextTime: Date | undefined;
  readonly isPaused: boolean;
  readonly createdAt: Date;
  readonly version: number;
}

export function cronTaskOf(record: TimerRecord): CronTask {
  const spawn = (record.spawn ?? {}) as {
    readonly timer?: { readonly hookClass?: string; readonly data?: string };
  };
  const { hookClass = '', data } = spawn.timer ?? {};
  const children = Array.isArray(record.children) ? record.children.length : 0;
  return {
    id: record.key,
    executor: executorOf(hookClass),
    cron: record.schedPolicyExpr,
    timeZone: record.timeZone,
    ...openEnvelope(data),
    triggerTimes: typeof record.fires === 'number' ? record.fires : 0,
    open: children,
    nextTime: record.nextFireTime === undefined ? undefined : new Date(record.nextFireTime),
    isPaused: record.status === 'paused',
    createdAt: new Date(record.createTime),
    version: record.version,
  };
}

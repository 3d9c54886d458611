import type { NewTimer } from '#client';
import type { NewTask, TaskContext, TaskOptions, TaskProgress, TaskResult } from './task.js';
import { type Envelope, hookClassOf } from './task-record.js';

// Where each part of a task is put in its timer; task-record.ts reads it.

export const defaultRetryInterval = '1s';
const defaultRetention = '24h';
const defaultHeartbeatTimeout = '30s';
/** Attempts beside the failed runs that are counted: losses and hand-backs. One that kills its runners ends some day. */
const lossesMax = 100;
export const errorTextMax = 1_000;

/** The parts of a timer that a one-shot task and the children of a cron task have in common. */
export function templateOf({ executor, context, options = {} }: Omit<NewTask, 'id'>) {
  return {
    hookClass: hookClassOf(executor),
    data: JSON.stringify(envelope(context ?? '', options)),
    ackTimeout: options.heartbeatTimeout ?? defaultHeartbeatTimeout,
    needsClaim: true,
    keepFor: options.retention ?? defaultRetention,
    retry: { maxAttempts: lossesMax + (options.maxRetryTimes ?? 0) },
  };
}

export function timerOf(task: NewTask, namespace: string): NewTimer {
  return {
    namespace,
    key: task.id,
    schedPolicyType: 'ONCE',
    // due now; a duration has no zero
    schedPolicyExpr: task.options?.delay ?? '1ms',
    ...templateOf(task),
  };
}

function envelope(context: TaskContext, options: TaskOptions): Envelope {
  if (typeof context === 'string') return { context, options };
  return { context: Buffer.from(context).toString('base64'), encoding: 'base64', options };
}

export const resultText = ({ code, error, value }: TaskResult): string =>
  JSON.stringify({ code, ...(error !== undefined && { error: error.slice(0, errorTextMax) }), value });

export const progressText = ({ percent, note }: TaskProgress): string => JSON.stringify({ percent, note });

/** Failed runs are counted with the open event, so that the count outlives the runner. */
export const failuresText = (failures: number): string => JSON.stringify({ failures });

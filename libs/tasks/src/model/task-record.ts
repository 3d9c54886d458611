import type { NewTimer } from '#client';
import type { TimerRecord } from '#contract';
import { durationMs } from '#timer';
import type {
  NewTask,
  Task,
  TaskContext,
  TaskOptions,
  TaskProgress,
  TaskResult,
  TaskStatus,
} from './task.js';

// Where each part of a task lives in its timer; libs/tasks/README.md has it as a table.

export const hookClassPrefix = 'task.';
export const hookClassOf = (executor: string | number): string => `${hookClassPrefix}${executor}`;
export const executorOf = (hookClass: string): string => hookClass.slice(hookClassPrefix.length);

export const cronTag = 'cron-task';
export const defaultRetryInterval = '1s';
const defaultRetention = '24h';
const defaultHeartbeatTimeout = '30s';
/** Attempts beside the failed runs that are counted: losses and hand-backs. One that kills its runners ends some day. */
const lossesMax = 100;
export const errorTextMax = 1_000;

/** What a task hands to its executor, and what its runner must know, in the timer's data. */
interface Envelope {
  readonly context: string;
  readonly encoding?: 'base64';
  readonly options: TaskOptions;
}

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

/** Of a timer that is no task of ours: its data is the context, and it has no options. */
export function openEnvelope(data: string | undefined): { context: TaskContext; options: TaskOptions } {
  const read = data === undefined ? {} : (parsed(data) as Partial<Envelope>);
  if (typeof read.context !== 'string') return { context: data ?? '', options: {} };
  const context =
    read.encoding === 'base64' ? new Uint8Array(Buffer.from(read.context, 'base64')) : read.context;
  return { context, options: read.options ?? {} };
}

const text = (record: TimerRecord, field: string): string | undefined => {
  const value = record[field];
  return typeof value === 'string' ? value : undefined;
};
const moment = (value: unknown): Date | undefined =>
  typeof value === 'string' ? new Date(value) : undefined;

export function taskOf(record: TimerRecord): Task {
  const { context, options } = openEnvelope(record.data);
  const outcome = (record.outcome ?? {}) as Readonly<Record<string, unknown>>;
  const isRunning =
    record.eventId !== undefined && record.claimed === true && record.eventStatus === 'TRIGGER';
  const attempt = record.attempt ?? (typeof outcome.attempt === 'number' ? outcome.attempt : 0);
  const parent = record.parent as { readonly key?: string } | undefined;
  const status = statusOf(record, isRunning);
  const failed = failuresOf(text(record, 'eventData'));
  const isGivenBack = record.claimed === true && text(record, 'lastError') !== undefined;
  return {
    taskId: record.id,
    id: record.key,
    executor: executorOf(record.hookClass),
    context,
    options,
    parent: parent?.key,
    status,
    runner: text(record, 'worker') ?? (typeof outcome.worker === 'string' ? outcome.worker : undefined),
    epoch: record.eventId === undefined || record.claimed === true ? attempt : attempt - 1,
    lastHeartbeat: status === 'running' && !isGivenBack ? heartbeatOf(record) : undefined,
    progress: progressOf(text(record, 'progress')),
    failures: failed,
    lastError: text(record, 'lastError'),
    result: resultOf(outcome),
    createdAt: new Date(record.createTime),
    completedAt: moment(outcome.closedAt),
    eventId: record.eventId,
    attempt,
    version: record.version,
  };
}

function statusOf(record: TimerRecord, isRunning: boolean): TaskStatus {
  if (record.status === 'ended')
    return record.endedReason === 'cancelled' && record.outcome === undefined ? 'canceled' : 'completed';
  if (isRunning) return 'running';
  return record.status === 'paused' || record.status === 'disabled' ? 'paused' : 'created';
}

/** The ack deadline is as far behind the last heartbeat as the timeout is long. */
function heartbeatOf(record: TimerRecord): Date | undefined {
  const deadline = moment(record.nextFireTime);
  const ackTimeout = text(record, 'ackTimeout');
  if (deadline === undefined || ackTimeout === undefined) return undefined;
  return new Date(deadline.getTime() - durationMs(ackTimeout));
}

function resultOf(outcome: Readonly<Record<string, unknown>>): TaskResult | undefined {
  if (typeof outcome.result === 'string') {
    const result = parsed(outcome.result) as Partial<TaskResult>;
    return result.code === 'success' || result.code === 'failed' ? (result as TaskResult) : undefined;
  }
  return outcome.closedAt === undefined
    ? undefined
    : { code: 'failed', ...(typeof outcome.error === 'string' && { error: outcome.error }) };
}

export const resultText = ({ code, error, value }: TaskResult): string =>
  JSON.stringify({ code, ...(error !== undefined && { error: error.slice(0, errorTextMax) }), value });

export const progressText = ({ percent, note }: TaskProgress): string => JSON.stringify({ percent, note });
const progressOf = (given: string | undefined): TaskProgress | undefined =>
  given === undefined ? undefined : (parsed(given) as TaskProgress);

/** Failed runs are counted with the open event, so that the count outlives the runner. */
export const failuresText = (failures: number): string => JSON.stringify({ failures });
export function failuresOf(eventData: string | undefined): number {
  const read = eventData === undefined ? {} : (parsed(eventData) as { readonly failures?: unknown });
  return typeof read.failures === 'number' ? read.failures : 0;
}

/** Never throws: what is no object of ours has no parts. */
export function parsed(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

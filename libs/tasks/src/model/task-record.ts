import type { TimerRecord } from '#contract';
import { durationMs, isHookClass } from '#timer';
import type { Task, TaskContext, TaskOptions, TaskProgress, TaskResult, TaskStatus } from './task.js';
import { optionsOf } from './task-options.js';

// What a timer says of its task; libs/tasks/README.md has it as a table. Pure, and of no runtime: a browser reads tasks by this too.

export const defaultTaskNamespace = 'tasks';
export const hookClassPrefix = 'task.';
export const hookClassOf = (executor: string | number): string => `${hookClassPrefix}${executor}`;
/** What `registerExecutor` takes: a due topic has its name. */
export const isExecutorCode = (text: string): boolean => text !== '' && isHookClass(hookClassOf(text));
export const executorOf = (hookClass: string): string => hookClass.slice(hookClassPrefix.length);

export const cronTag = 'cron-task';
export const isTask = ({ hookClass, tags }: Pick<TimerRecord, 'hookClass' | 'tags'>): boolean =>
  hookClass.startsWith(hookClassPrefix) && !tags.includes(cronTag);

/** Whether a task asks for a runner with each of these labels; case does not count in values. */
export const hasLabels = ({ options }: Task, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(
    ([name, value]) => ownOf(options.labels, name)?.toLowerCase() === value.toLowerCase(),
  );

/** Of names that anybody chose: `toString` is nobody's label. */
export const ownOf = <T>(named: Readonly<Record<string, T>> = {}, name: string): T | undefined =>
  Object.hasOwn(named, name) ? named[name] : undefined;

/** What a task hands to its executor, and what its runner must know, in the timer's data. */
export interface Envelope {
  readonly context: string;
  readonly encoding?: 'base64';
  readonly options: TaskOptions;
}

/** Of a timer that is no task of ours: its data is the context, and it has no options. */
export function openEnvelope(data: string | undefined): { context: TaskContext; options: TaskOptions } {
  const read = data === undefined ? {} : (parsed(data) as Partial<Envelope>);
  if (typeof read.context !== 'string') return { context: data ?? '', options: {} };
  const context = read.encoding === 'base64' ? bytesOf(read.context) : read.context;
  return { context, options: optionsOf(read.options) };
}

/** What is no base64 is passed over: anybody may have written it. */
function bytesOf(base64: string): Uint8Array {
  const digits = base64.replace(/[^A-Za-z0-9+/]/g, '');
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
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

const progressOf = (given: string | undefined): TaskProgress | undefined =>
  given === undefined ? undefined : (parsed(given) as TaskProgress);

/** Failed runs are counted with the open event, so that the count outlives the runner. */
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

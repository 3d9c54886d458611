import type { TimerClient } from '#client';
import type { TimerConditionWire, TimerRecord } from '#contract';
import {
  type CronTask,
  cronTag,
  cronTaskOf,
  hasLabels,
  hookClassOf,
  isTask,
  type Task,
  type TaskStatus,
  taskOf,
  taskStatuses,
} from '#tasks/model';
import { withClient } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { note, type ShownAs, say, sayJson, sayTable } from '../output/out.js';
import { type Column, factLines } from '../output/table.js';

export interface TaskFlags extends ShownAs {
  readonly namespace: string;
}
export interface ListFlags extends TaskFlags {
  readonly executor?: string;
  readonly status?: readonly string[];
  readonly label?: readonly string[];
  readonly parent?: string;
  readonly limit: string;
}

const columns: readonly Column<Task>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'EXECUTOR', of: ({ executor }) => executor },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'RUNNER', of: ({ runner }) => runner },
  { title: 'EPOCH', of: ({ epoch }) => epoch, align: 'right' },
  { title: 'PROGRESS', of: progressText },
  { title: 'OUTCOME', of: outcomeText },
];

function progressText({ progress }: Task): string {
  const percent = progress?.percent === undefined ? '' : `${progress.percent}%`;
  return [percent, progress?.note ?? ''].filter((part) => part !== '').join(' ');
}
function outcomeText({ result, lastError }: Task): string | undefined {
  if (result === undefined) return lastError;
  return result.error === undefined ? result.code : `${result.code}: ${result.error}`;
}

/** Tasks that fit every condition, by the moment of their creation. */
export function listTasks(flags: ListFlags): Promise<number> {
  const { limit, json } = flags;
  const { condition, isWanted } = wantedTasks(flags);
  return withClient({ readsOnly: true }, async (client) => {
    const tasks: Task[] = [];
    let isMore = false;
    for await (const task of tasksOf(client, condition)) {
      if (!isWanted(task)) continue;
      isMore = tasks.length === Number(limit);
      if (isMore) break;
      tasks.push(task);
    }
    if (json) sayJson(tasks);
    else sayTable(tasks, columns);
    if (isMore) note(`there are more than ${limit}: narrow it down, or raise --limit`);
    return 0;
  });
}

/** What the API can decide, and the rest. @throws UsageError */
export function wantedTasks({ namespace, executor, status = [], label = [], parent }: ListFlags): {
  readonly condition: TimerConditionWire;
  readonly isWanted: (task: Task) => boolean;
} {
  const unknown = status.find((one) => !(taskStatuses as readonly string[]).includes(one));
  if (unknown !== undefined) throw new UsageError(`--status ${unknown}: one of ${taskStatuses.join(', ')}`);
  const labels = Object.fromEntries(label.map(labelOf));
  return {
    condition: { namespace, ...(executor !== undefined && { hookClass: hookClassOf(executor) }) },
    isWanted: (task) =>
      (status.length === 0 || (status as readonly TaskStatus[]).includes(task.status)) &&
      (parent === undefined || task.parent === parent) &&
      hasLabels(task, labels),
  };
}

function labelOf(typed: string): [string, string] {
  const at = typed.indexOf('=');
  if (at < 1) throw new UsageError(`--label ${typed}: write name=value`);
  return [typed.slice(0, at), typed.slice(at + 1)];
}

async function* tasksOf(client: TimerClient, condition: TimerConditionWire): AsyncGenerator<Task> {
  for await (const timer of client.getTimers(condition, { order: 'id' }))
    if (isTask(timer)) yield taskOf(timer);
}

/** @throws TimerNotExistError, UsageError for a timer that is no task */
export async function taskNamed(client: TimerClient, namespace: string, id: string): Promise<Task> {
  const timer: TimerRecord = await client.getTimerByKey(id, { namespace });
  if (!isTask(timer)) throw new UsageError(`${id} is no task; \`carillon timers get\` shows what it is`);
  return taskOf(timer);
}

export const getTask = (id: string, { namespace, json }: TaskFlags): Promise<number> =>
  withClient({ readsOnly: true }, async (client) => {
    const task = await taskNamed(client, namespace, id);
    if (json) sayJson(task);
    else for (const line of factLines({ ...task })) say(line);
    return 0;
  });

const cronColumns: readonly Column<CronTask>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'EXECUTOR', of: ({ executor }) => executor },
  { title: 'CRON', of: ({ cron, timeZone }) => `${cron} ${timeZone}`.trimEnd() },
  { title: 'NEXT', of: ({ isPaused, nextTime }) => (isPaused ? 'paused' : nextTime?.toISOString()) },
  { title: 'MADE', of: ({ triggerTimes }) => triggerTimes, align: 'right' },
  { title: 'OPEN', of: ({ open }) => open, align: 'right' },
];

/** Cron tasks; `tasks list --parent <id>` shows the tasks that one of them made. */
export const listCronTasks = ({ namespace, json }: TaskFlags): Promise<number> =>
  withClient({ readsOnly: true }, async (client) => {
    const tasks: CronTask[] = [];
    for await (const timer of client.getTimers({ namespace, tags: [cronTag] })) tasks.push(cronTaskOf(timer));
    if (json) sayJson(tasks);
    else sayTable(tasks, cronColumns);
    return 0;
  });

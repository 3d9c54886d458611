import {
  defaultTaskNamespace,
  hasLabels,
  hookClassOf,
  type Task,
  type TaskStatus,
  taskStatuses,
} from '#tasks/model';
import type { Condition, Status } from '../api/types.ts';
import { wordsOf } from '../timers/search.ts';

/** What the search fields hold; empty: not asked for. */
export interface TaskSearch {
  readonly namespace: string;
  readonly executor: string;
  readonly status: '' | TaskStatus;
  /** `gpu=a100, zone=eu` */
  readonly labels: string;
  /** The timer of a cron task: only what it made. */
  readonly parentId: string;
}
const names = ['namespace', 'executor', 'status', 'labels', 'parentId'] as const;

export function searchOf(query: URLSearchParams): TaskSearch {
  const text = (name: string): string => query.get(name) ?? '';
  return {
    namespace: query.get('namespace') ?? defaultTaskNamespace,
    executor: text('executor'),
    status: taskStatuses.find((status) => status === text('status')) ?? '',
    labels: text('labels'),
    parentId: text('parentId'),
  };
}

/** The address that shows the same again. */
export function addressOf(search: TaskSearch): string {
  const query = new URLSearchParams();
  for (const name of names)
    if (search[name] !== (name === 'namespace' ? defaultTaskNamespace : '')) query.set(name, search[name]);
  const text = query.toString();
  return text === '' ? '#/tasks' : `#/tasks?${text}`;
}

/** Where timers of such tasks may stand. */
const standsOf: Readonly<Record<TaskStatus, readonly Status[]>> = {
  created: ['waiting', 'open', 'asking'],
  running: ['open'],
  completed: ['ended'],
  paused: ['paused', 'disabled'],
  canceled: ['ended', 'open'],
};

/** What the server can decide. */
export const conditionOf = ({ namespace, executor, status, parentId }: TaskSearch): Condition => ({
  namespace,
  ...(executor !== '' && { hookClass: hookClassOf(executor) }),
  ...(status !== '' && { status: standsOf[status] }),
  ...(parentId !== '' && { parentId }),
});

/** The rest, of the tasks that came. */
export function isWanted(task: Task, { status, labels }: TaskSearch): boolean {
  const wanted = Object.fromEntries(
    wordsOf(labels).map((label) => [label.split('=', 1)[0] ?? '', label.slice(label.indexOf('=') + 1)]),
  );
  return (status === '' || task.status === status) && hasLabels(task, wanted);
}

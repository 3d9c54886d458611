import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { isTask, taskOf, taskStatuses } from '#tasks/model';
import { ask, messageOf } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import { useRefresh } from '../api/refresh.ts';
import { recordOf, type TimerPage } from '../api/types.ts';
import { Notice, Title } from '../ui/parts.tsx';
import { useSettled } from '../ui/settled.ts';
import { CronTasks } from './cron-tasks.tsx';
import { addressOf, conditionOf, isWanted, searchOf, type TaskSearch } from './search.ts';
import { TasksTable } from './tasks-table.tsx';

const pageSize = 100;

/** Tasks of the task library: who runs what, how far it is, what came of it. */
export function TasksPage({ query }: { readonly query: URLSearchParams }) {
  // an address that was followed says what is searched for; what is typed stands in it without being followed
  const [search, setSearch] = useState(() => searchOf(query));
  const followed = query.toString();
  const [lastFollowed, setLastFollowed] = useState(followed);
  if (followed !== lastFollowed) {
    setLastFollowed(followed);
    setSearch(searchOf(query));
  }
  const settled = useSettled(search);
  const condition = useMemo(() => conditionOf(settled), [settled]);
  const pages = useInfiniteQuery({
    queryKey: ['tasks', condition],
    queryFn: ({ pageParam, signal }) => {
      const after = pageParam === '' ? {} : { after: pageParam };
      const body = { condition, order: 'id', limit: pageSize, ...after };
      return ask<TimerPage>('/v1/timers/query', { method: 'POST', body, signal });
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const readAgain = useRefresh('tasks', 'cron-tasks');
  const watched = JSON.stringify({ namespace: settled.namespace });
  useWatch(`condition=${encodeURIComponent(watched)}`, { onTold: readAgain, onReady: readAgain });
  const timers = pages.data?.pages.flatMap((page) => page.timers) ?? [];
  const tasks = timers
    .filter(isTask)
    .map((timer) => taskOf(recordOf(timer)))
    .filter((task) => isWanted(task, settled));
  const change = (part: Partial<TaskSearch>) => {
    const next = { ...search, ...part };
    setSearch(next);
    window.history.replaceState(null, '', addressOf(next));
  };
  return (
    <>
      <div className="row">
        <Title>Tasks</Title>
        <span className="faint" role="status">
          {pages.isSuccess && `${tasks.length} found${pages.hasNextPage ? ' so far' : ''}`}
        </span>
      </div>
      <SearchFields search={search} onChange={change} />
      {pages.isError && <Notice kind="bad">{messageOf(pages.error)}</Notice>}
      {pages.isSuccess && <TasksTable tasks={tasks} />}
      {pages.hasNextPage && (
        <button type="button" disabled={pages.isFetching} onClick={() => pages.fetchNextPage()}>
          Look further
        </button>
      )}
      <CronTasks namespace={settled.namespace} />
    </>
  );
}

interface SearchFieldsProps {
  readonly search: TaskSearch;
  readonly onChange: (part: Partial<TaskSearch>) => void;
}

function SearchFields({ search, onChange }: SearchFieldsProps) {
  const text = (name: 'namespace' | 'executor' | 'labels', label: string, hint = '') => (
    <label>
      {label}
      <input value={search[name]} placeholder={hint} onChange={(e) => onChange({ [name]: e.target.value })} />
    </label>
  );
  return (
    <search className="card search">
      <div className="fields">
        <label>
          State
          <select
            value={search.status}
            onChange={(e) =>
              onChange({ status: taskStatuses.find((status) => status === e.target.value) ?? '' })
            }
          >
            <option value="">any</option>
            {taskStatuses.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </label>
        {text('executor', 'Executor', 'any')}
        {text('labels', 'Has all of these labels', 'gpu=a100, zone=eu')}
        {text('namespace', 'Namespace')}
      </div>
      {search.parentId !== '' && (
        <p>
          Only what one cron task made.{' '}
          <button type="button" onClick={() => onChange({ parentId: '' })}>
            Show all
          </button>
        </p>
      )}
    </search>
  );
}

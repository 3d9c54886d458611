import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { resultText, type Task } from '#tasks/model';
import { ask, messageOf, timerPath } from '../api/http.ts';
import { useRefresh } from '../api/refresh.ts';
import type { Timer } from '../api/types.ts';
import { Confirm, Moment, Notice } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';

export function TasksTable({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) return <p className="empty">No task is like this.</p>;
  return (
    <table className="list">
      <caption className="hidden">Tasks that were found</caption>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">State</th>
          <th scope="col">Progress</th>
          <th scope="col">Runner</th>
          <th scope="col">Result</th>
          <th scope="col">
            <span className="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <Row key={task.taskId} task={task} />
        ))}
      </tbody>
    </table>
  );
}

const tones = {
  created: 'waiting',
  running: 'open',
  completed: 'ended',
  paused: 'paused',
  canceled: 'ended',
} as const;

function Row({ task }: { readonly task: Task }) {
  const { taskId, id, executor, status, options, parent, epoch, failures } = task;
  return (
    <tr>
      <th scope="row">
        <a href={timerPlace(taskId)}>{id}</a> <span className="faint">{executor}</span>
        {Object.entries(options.labels ?? {}).map(([name, value]) => (
          <span key={name} className="tag">
            {name}={value}
          </span>
        ))}
        {parent !== undefined && <span className="faint"> of {parent}</span>}
      </th>
      <td data-label="State">
        <span className={`status status-${tones[status]}`}>{status}</span>
      </td>
      <td data-label="Progress">
        <ProgressMark task={task} />
      </td>
      <td data-label="Runner">
        {task.runner ?? <span className="faint">none</span>}
        {epoch > 0 && <span className="faint"> epoch {epoch}</span>}
        {failures > 0 && <span className="faint">, {failures} failed before</span>}
      </td>
      <td data-label="Result">
        <Outcome task={task} />
      </td>
      <td data-label="">
        <TaskActions task={task} />
      </td>
    </tr>
  );
}

function ProgressMark({ task: { progress, id } }: { readonly task: Task }) {
  if (progress === undefined) return <span className="faint">–</span>;
  const { percent, note } = progress;
  return (
    <>
      {percent !== undefined && (
        <span className="row tight">
          <progress aria-label={`Progress of ${id}`} max={100} value={percent} className="short" />
          {percent} %
        </span>
      )}
      {note !== undefined && <span className="faint">{note}</span>}
    </>
  );
}

function Outcome({ task: { result, lastError, completedAt } }: { readonly task: Task }) {
  if (result === undefined) return lastError === undefined ? <span className="faint">–</span> : lastError;
  return (
    <>
      <span className={`status status-${result.code === 'success' ? 'waiting' : 'faulted'}`}>
        {result.code}
      </span>{' '}
      {result.error ?? (result.value !== undefined && <code>{JSON.stringify(result.value)}</code>)}
      {completedAt !== undefined && (
        <div className="faint">
          <Moment at={completedAt.toISOString()} />
        </div>
      )}
    </>
  );
}

/** Who completes a task from here. */
const worker = 'dashboard';

/** Cancel: no run follows. Complete: in the runner's place, whose own word is refused from then on. */
function TaskActions({ task }: { readonly task: Task }) {
  const { taskId, id, status, eventId, attempt } = task;
  const [isAsking, setAsking] = useState(false);
  const readAgain = useRefresh('tasks');
  const act = useMutation({
    mutationFn: async (wish: 'cancel' | 'complete') => {
      const say = (action: string, body: object) =>
        ask<Timer>(timerPath(taskId, `/${action}`), { method: 'POST', body });
      if (wish === 'cancel') return say('cancel', {});
      // only who has it may complete it: it is taken over first, and the former runner's word is stale from then on
      const taken = await say('claim', { eventId, attempt, worker, takeOver: true });
      const result = resultText({ code: 'success' });
      return say('close', { eventId, attempt: taken.attempt, worker, result });
    },
    onSuccess: readAgain,
  });
  if (status === 'completed' || status === 'canceled') return null;
  return (
    <div className="row tight">
      <button
        type="button"
        disabled={act.isPending}
        aria-label={`Cancel ${id}`}
        onClick={() => act.mutate('cancel')}
      >
        Cancel
      </button>
      {eventId !== undefined && (
        <button
          type="button"
          disabled={act.isPending}
          aria-label={`Complete ${id}`}
          onClick={() => setAsking(true)}
        >
          Complete
        </button>
      )}
      {act.isError && <Notice kind="bad">{messageOf(act.error)}</Notice>}
      {isAsking && (
        <Confirm
          question={`Complete ${id}?`}
          yes="Yes, it succeeded"
          onNo={() => setAsking(false)}
          onYes={() => {
            setAsking(false);
            act.mutate('complete');
          }}
        >
          <p>A runner that has it is told to stop; what it answers is refused.</p>
        </Confirm>
      )}
    </div>
  );
}

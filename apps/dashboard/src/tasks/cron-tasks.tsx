import { useQuery } from '@tanstack/react-query';
import { cronTag, cronTaskOf } from '#tasks/model';
import { ask, messageOf } from '../api/http.ts';
import { recordOf, type Timer, type TimerPage } from '../api/types.ts';
import { Card, Moment, Notice } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';

const shownMax = 200;

/** Schedules that make a task a tick, each with the way to what it made. */
export function CronTasks({ namespace }: { readonly namespace: string }) {
  const found = useQuery({
    queryKey: ['cron-tasks', namespace],
    queryFn: ({ signal }) =>
      ask<TimerPage>('/v1/timers/query', {
        method: 'POST',
        body: { condition: { namespace, tags: [cronTag] }, limit: shownMax },
        signal,
      }),
  });
  return (
    <Card title="Cron tasks" aside={<span className="faint">each tick makes a task</span>}>
      {found.isError && <Notice kind="bad">{messageOf(found.error)}</Notice>}
      {found.data?.timers.length === 0 && <p className="calm">There are none in this namespace.</p>}
      {found.data !== undefined && found.data.timers.length > 0 && (
        <table className="list plain">
          <thead>
            <tr>
              <th scope="col">Cron task</th>
              <th scope="col">Schedule</th>
              <th scope="col">Next</th>
              <th scope="col" className="number">
                Made
              </th>
              <th scope="col" className="number">
                Open
              </th>
              <th scope="col">
                <span className="hidden">What it made</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.data.timers.map((timer) => (
              <Row key={timer.id} timer={timer} />
            ))}
          </tbody>
        </table>
      )}
      {found.data?.next !== undefined && <p className="faint">and more; these are the first {shownMax}</p>}
    </Card>
  );
}

function Row({ timer }: { readonly timer: Timer }) {
  const { id, executor, cron, timeZone, isPaused, nextTime, triggerTimes, open } = cronTaskOf(
    recordOf(timer),
  );
  const query = new URLSearchParams({ parentId: timer.id });
  query.set('namespace', timer.namespace);
  return (
    <tr>
      <th scope="row">
        <a href={timerPlace(timer.id)}>{id}</a> <span className="faint">{executor}</span>
      </th>
      <td data-label="Schedule">
        <code>{cron}</code> <span className="faint">{timeZone}</span>
      </td>
      <td data-label="Next">
        {isPaused || nextTime === undefined ? (
          <span className="status status-paused">{isPaused ? 'paused' : 'none'}</span>
        ) : (
          <Moment at={nextTime.toISOString()} distance />
        )}
      </td>
      <td data-label="Made" className="number">
        {triggerTimes}
      </td>
      <td data-label="Open" className="number">
        {open}
      </td>
      <td data-label="">
        <a href={`#/tasks?${query.toString()}`} aria-label={`Tasks of ${id}`}>
          Tasks
        </a>
      </td>
    </tr>
  );
}

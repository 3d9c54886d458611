import type { Timer } from '../api/types.ts';
import { scheduleLabel } from '../ui/format.ts';
import { Moment, StatusMark } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';

export function TimersTable({ timers }: { readonly timers: readonly Timer[] }) {
  if (timers.length === 0) return <p className="empty">No timer is like this.</p>;
  return (
    <table className="list">
      <caption className="hidden">Timers that were found</caption>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Status</th>
          <th scope="col">Next</th>
          <th scope="col">Schedule</th>
          <th scope="col">Hook</th>
          <th scope="col" className="number">
            Fires
          </th>
        </tr>
      </thead>
      <tbody>
        {timers.map((timer) => (
          <Row key={timer.id} timer={timer} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ timer }: { readonly timer: Timer }) {
  return (
    <tr>
      <th scope="row">
        <a href={timerPlace(timer.id)}>{timer.key}</a>
        <span className="faint"> {timer.namespace}</span>
        {timer.tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
      </th>
      <td data-label="Status">
        <StatusMark status={timer.status} />
        {timer.givenUp !== undefined && <span className="status status-faulted">given up</span>}
      </td>
      <td data-label="Next">
        {timer.nextFireTime === undefined ? (
          <span className="faint">none</span>
        ) : (
          <Moment at={timer.nextFireTime} />
        )}
      </td>
      <td data-label="Schedule">
        <code>{scheduleLabel(timer)}</code>
      </td>
      <td data-label="Hook">
        {timer.hookClass === '' ? <span className="faint">none</span> : timer.hookClass}
      </td>
      <td data-label="Fires" className="number">
        {timer.fires}
      </td>
    </tr>
  );
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { ask, messageOf, timerPath } from '../api/http.ts';
import type { HistoryEvent, HistoryPage } from '../api/types.ts';
import { Card, Moment, Notice } from '../ui/parts.tsx';
import { lineOf } from './story.ts';

const pageSize = 200;

/** Everything that ever happened to the timer, the newest first. */
export function Timeline({ id }: { readonly id: string }) {
  const history = useInfiniteQuery({
    queryKey: ['events', id],
    queryFn: ({ pageParam, signal }) =>
      ask<HistoryPage>(timerPath(id, `/events?limit=${pageSize}&after=${pageParam}`), { signal }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
  });
  const events = history.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <Card title="Life" aside={<span className="faint">{events.length} events</span>}>
      {history.isError && <Notice kind="bad">{messageOf(history.error)}</Notice>}
      {history.hasNextPage && (
        <button type="button" onClick={() => history.fetchNextPage()} disabled={history.isFetching}>
          Show later events
        </button>
      )}
      <ol className="timeline" reversed>
        {events.toReversed().map((event) => (
          <Entry key={event.version} event={event} />
        ))}
      </ol>
    </Card>
  );
}

function Entry({ event }: { readonly event: HistoryEvent }) {
  const { title, tone, details } = lineOf(event);
  return (
    <li className={`tone-${tone}`}>
      <div className="row tight">
        <strong>{title}</strong>
        <Moment at={event.recordedAt} />
      </div>
      {details.length > 0 && <p>{details.join(' · ')}</p>}
      <p className="faint">
        version {event.version}
        {event.actor !== undefined && `, asked by ${event.actor}`}
        {event.commandId === undefined ? ', by the clock' : ''}
        {event.commandId !== undefined && (
          <>
            , command <code title={event.commandId}>{event.commandId.slice(0, 8)}</code>
          </>
        )}
      </p>
    </li>
  );
}

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { ask, messageOf } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import { useRefresh } from '../api/refresh.ts';
import type { Count, Timer, TimerPage } from '../api/types.ts';
import { countLabel } from '../ui/format.ts';
import { Notice, Title } from '../ui/parts.tsx';
import { type Redriven, refused, sending, sent, told } from './fates.ts';
import { FatesLine } from './fates-line.tsx';
import { GroupCard } from './group-card.tsx';
import { groupsOf } from './groups.ts';

const pageSize = 500;
/** So many pages are grouped unasked. */
const pagesUnasked = 4;
const rates = [1, 10, 50] as const;
const condition = { givenUp: true };

/** Timers whose last event was given up, by the error that did it. */
export function DeadPage() {
  const [rate, setRate] = useState<number>(10);
  const [redriven, setRedriven] = useState<readonly Redriven[]>([]);
  const follow = useMemo(
    () => ({
      sending: (timer: Timer) => setRedriven((all) => sending(all, timer)),
      sent: ({ id }: Timer) => setRedriven((all) => sent(all, id)),
      refused: ({ id }: Timer) => setRedriven((all) => refused(all, id)),
    }),
    [],
  );
  const pages = useInfiniteQuery({
    queryKey: ['dead'],
    queryFn: ({ pageParam, signal }) => {
      const after = pageParam === '' ? {} : { after: pageParam };
      const body = { condition, limit: pageSize, ...after };
      return ask<TimerPage>('/v1/timers/query', { method: 'POST', body, signal });
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const count = useQuery({
    queryKey: ['dead', 'count'],
    queryFn: ({ signal }) => ask<Count>('/v1/timers/count', { method: 'POST', body: { condition }, signal }),
  });
  const found = pages.data?.pages ?? [];
  const { hasNextPage, isFetching, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetching && found.length < pagesUnasked) void fetchNextPage();
  }, [hasNextPage, isFetching, found.length, fetchNextPage]);
  const readAgain = useRefresh('dead');
  useWatch('', {
    onTold: (news) => {
      const { type } = news;
      setRedriven((all) => told(all, news));
      if (type === 'EventGivenUp' || type === 'EventRedriven') readAgain();
    },
  });
  const timers = found.flatMap((page) => page.timers);
  return (
    <>
      <div className="row">
        <Title>Dead letters</Title>
        <span className="faint" role="status">
          {count.data !== undefined && `${countLabel(count.data)} given up`}
          {hasNextPage && `, of which ${timers.length} are grouped here`}
        </span>
        <span className="grow" />
        <label className="beside">
          Redrive speed
          <select value={rate} onChange={(e) => setRate(Number(e.target.value))}>
            {rates.map((each) => (
              <option key={each} value={each}>
                at most {each} a second
              </option>
            ))}
          </select>
        </label>
      </div>
      <FatesLine redriven={redriven} />
      {pages.isError && <Notice kind="bad">{messageOf(pages.error)}</Notice>}
      {pages.isSuccess && timers.length === 0 && <p className="empty">No event has been given up.</p>}
      {groupsOf(timers).map((group) => (
        <GroupCard key={group.id} group={group} rate={rate} follow={follow} />
      ))}
      {hasNextPage && found.length >= pagesUnasked && (
        <button type="button" disabled={isFetching} onClick={() => fetchNextPage()}>
          Group {pageSize} more
        </button>
      )}
    </>
  );
}

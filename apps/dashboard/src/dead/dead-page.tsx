import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ask, messageOf, timerPath } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import type { Timer, TimerPage } from '../api/types.ts';
import { Card, Moment, Notice, Title } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';
import { type Group, groupsOf } from './groups.ts';

const pageSize = 1_000;
/** So many pages are looked through unasked. */
const pagesUnasked = 10;
const refreshMs = 2_000;

/** Timers whose last event was given up. No index knows them, so the list is looked through, and says how far. */
export function DeadPage() {
  const client = useQueryClient();
  const pages = useInfiniteQuery({
    queryKey: ['dead'],
    queryFn: async ({ pageParam, signal }) => {
      const after = pageParam === '' ? {} : { after: pageParam };
      const page = await ask<TimerPage>('/v1/timers/query', {
        method: 'POST',
        body: { limit: pageSize, ...after },
        signal,
      });
      return {
        seen: page.timers.length,
        dead: page.timers.filter(({ givenUp }) => givenUp !== undefined),
        next: page.next,
      };
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const found = pages.data?.pages ?? [];
  const { hasNextPage, isFetching, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetching && found.length < pagesUnasked) void fetchNextPage();
  }, [hasNextPage, isFetching, found.length, fetchNextPage]);
  const pending = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(pending.current), []);
  useWatch('', {
    onTold: ({ type }) => {
      if (type !== 'EventGivenUp' && type !== 'EventRedriven') return;
      window.clearTimeout(pending.current);
      pending.current = window.setTimeout(() => client.invalidateQueries({ queryKey: ['dead'] }), refreshMs);
    },
  });
  const groups = groupsOf(found.flatMap(({ dead }) => dead));
  const seen = found.reduce((sum, page) => sum + page.seen, 0);
  return (
    <>
      <Title>Dead letters</Title>
      <p className="faint" role="status">
        Looked through {seen} timers{hasNextPage ? ' so far' : ''}.
      </p>
      {pages.isError && <Notice kind="bad">{messageOf(pages.error)}</Notice>}
      {!pages.isPending && groups.length === 0 && <p className="empty">No event has been given up.</p>}
      {groups.map((group) => (
        <GroupCard key={group.error} group={group} />
      ))}
      {hasNextPage && found.length >= pagesUnasked && (
        <button type="button" disabled={isFetching} onClick={() => fetchNextPage()}>
          Look further
        </button>
      )}
    </>
  );
}

interface Progress {
  readonly done: number;
  readonly refused: number;
  readonly all: number;
}

/** One after the other: whatever failed them all should not be hit by all of them at once. */
function GroupCard({ group }: { readonly group: Group }) {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);
  const redrive = useMutation({
    mutationFn: async (timers: readonly Timer[]) => {
      let at: Progress = { done: 0, refused: 0, all: timers.length };
      setProgress(at);
      for (const timer of timers) {
        const body = { eventId: timer.givenUp?.eventId };
        const isDone = await ask(timerPath(timer.id, '/redrive'), { method: 'POST', body }).then(
          () => true,
          () => false,
        );
        at = { ...at, done: at.done + (isDone ? 1 : 0), refused: at.refused + (isDone ? 0 : 1) };
        setProgress(at);
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['dead'] }),
  });
  return (
    <Card
      title={group.error}
      aside={
        <button type="button" disabled={redrive.isPending} onClick={() => redrive.mutate(group.timers)}>
          Redrive all {group.timers.length}
        </button>
      }
    >
      {progress !== null && (
        <Notice kind={progress.refused > 0 ? 'bad' : 'good'}>
          {progress.done} of {progress.all} redriven{progress.refused > 0 && `, ${progress.refused} refused`}
        </Notice>
      )}
      <ul className="needs">
        {group.timers.map((timer) => (
          <li key={timer.id} className="row tight">
            <a href={timerPlace(timer.id)}>{timer.key}</a>
            <span className="faint">{timer.hookClass}</span>
            <span>{timer.givenUp?.attempts === 1 ? '1 attempt' : `${timer.givenUp?.attempts} attempts`}</span>
            {timer.givenUp !== undefined && <Moment at={timer.givenUp.givenUpAt} distance />}
            <span className="grow" />
            <button
              type="button"
              disabled={redrive.isPending}
              aria-label={`Redrive ${timer.key}`}
              onClick={() => redrive.mutate([timer])}
            >
              Redrive
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ask, messageOf } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import { useRefresh } from '../api/refresh.ts';
import type { Count, TimerPage as Page, Told } from '../api/types.ts';
import { countLabel } from '../ui/format.ts';
import { Notice, Title } from '../ui/parts.tsx';
import { useSettled } from '../ui/settled.ts';
import { BulkPanel } from './bulk-panel.tsx';
import { addressOf, conditionOf, type Search, searchOf } from './search.ts';
import { SearchForm } from './search-form.tsx';
import { TimersTable } from './timers-table.tsx';

const pageSize = 50;
const countMax = 100_000;

interface Trail {
  readonly of: Search;
  readonly cursors: readonly string[];
}

export function TimersPage({ query }: { readonly query: URLSearchParams }) {
  const [search, setSearch] = useState(() => searchOf(query));
  const settled = useSettled(search);
  // cursors of the pages up to the one that is shown; a cursor is good for the search alone that gave it
  const [trail, setTrail] = useState<Trail>({ of: settled, cursors: [] });
  const cursors = trail.of === settled ? trail.cursors : [];
  const setCursors = (next: readonly string[]) => setTrail({ of: settled, cursors: next });
  const [isBulkOpen, setBulkOpen] = useState(false);
  const condition = useMemo(() => conditionOf(settled), [settled]);
  const after = cursors.at(-1);
  const request = { condition, order: settled.order, limit: pageSize, ...(after !== undefined && { after }) };
  const page = useQuery({
    queryKey: ['timers', request],
    queryFn: ({ signal }) => ask<Page>('/v1/timers/query', { method: 'POST', body: request, signal }),
    placeholderData: keepPreviousData,
  });
  const count = useQuery({
    queryKey: ['count', condition],
    queryFn: ({ signal }) =>
      ask<Count>('/v1/timers/count', {
        method: 'POST',
        body: { condition, max: countMax },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
  useLiveList(`condition=${encodeURIComponent(JSON.stringify(condition))}`);
  const change = (part: Partial<Search>) => {
    const next = { ...search, ...part };
    setSearch(next);
    window.history.replaceState(null, '', addressOf(next));
  };
  const next = page.data?.next;
  // the page that is shown is not the one that was asked for last: a step from it would lead nowhere
  const isBehind = settled !== search || page.isPlaceholderData;
  return (
    <>
      <div className="row">
        <Title>Timers</Title>
        <span className="faint" role="status">
          {count.data === undefined ? '' : `${countLabel(count.data)} found`}
        </span>
        <span className="grow" />
        <button type="button" aria-expanded={isBulkOpen} onClick={() => setBulkOpen(!isBulkOpen)}>
          Act on all found
        </button>
        <a className="button primary" href="#/new">
          New timer
        </a>
      </div>
      <SearchForm search={search} onChange={change} />
      {isBulkOpen && <BulkPanel key={JSON.stringify(condition)} condition={condition} />}
      {page.isError && <Notice kind="bad">{messageOf(page.error)}</Notice>}
      {page.data !== undefined && <TimersTable timers={page.data.timers} />}
      <nav className="row" aria-label="Pages of the list">
        <button
          type="button"
          disabled={cursors.length === 0 || isBehind}
          onClick={() => setCursors(cursors.slice(0, -1))}
        >
          Previous
        </button>
        <span className="faint">Page {cursors.length + 1}</span>
        <button
          type="button"
          disabled={next === undefined || isBehind}
          onClick={() => next !== undefined && setCursors([...cursors, next])}
        >
          Next
        </button>
      </nav>
    </>
  );
}

/** Rows change in place, as they are told; who belongs to the page is asked again, at most once a second. */
function useLiveList(watchQuery: string): void {
  const client = useQueryClient();
  const readAgain = useRefresh('timers', 'count');
  const onTold = ({ timerId, timer, version }: Told) => {
    readAgain();
    if (timer === undefined) return;
    client.setQueriesData<Page>({ queryKey: ['timers'] }, (page) =>
      page === undefined
        ? page
        : {
            ...page,
            timers: page.timers.map((shown) =>
              shown.id === timerId && shown.version < version ? timer : shown,
            ),
          },
    );
  };
  useWatch(`${watchQuery}&include=timer`, { onTold, onReady: readAgain });
}

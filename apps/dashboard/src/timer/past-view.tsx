import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, messageOf, timerPath } from '../api/http.ts';
import type { Timer } from '../api/types.ts';
import { Card, Notice, StatusMark } from '../ui/parts.tsx';

/** The timer as it was after any of its events. */
export function PastView({ id, latest }: { readonly id: string; readonly latest: number }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const version = Math.min(chosen ?? latest, latest);
  const past = useQuery({
    queryKey: ['past', id, version],
    queryFn: ({ signal }) => ask<Timer>(timerPath(id, `?version=${version}`), { signal }),
    // what was stays as it was
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
  return (
    <Card title="As it was">
      <label>
        After version {version} of {latest}
        <input
          type="range"
          min={1}
          max={latest}
          value={version}
          onChange={(e) => setChosen(Number(e.target.value))}
        />
      </label>
      {past.isError && <Notice kind="bad">{messageOf(past.error)}</Notice>}
      {past.data !== undefined && (
        <div role="status">
          <p className="row tight">
            <StatusMark status={past.data.status} />
            <span>
              {past.data.fires} fires
              {past.data.attempt !== undefined && `, attempt ${past.data.attempt} open`}
            </span>
          </p>
          <details>
            <summary>All of it</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard too */}
            <pre tabIndex={0}>{JSON.stringify(past.data, null, 2)}</pre>
          </details>
        </div>
      )}
    </Card>
  );
}

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ask, messageOf, timerPath } from '../api/http.ts';
import type { HistoryPage, Timer } from '../api/types.ts';
import { momentOf } from '../timers/search.ts';
import { localOf, momentLabel } from '../ui/format.ts';
import { Card, Moment, Notice, StatusMark } from '../ui/parts.tsx';
import { useSettled } from '../ui/settled.ts';

/** The timer as it was at any moment since it was made. */
export function PastView({ timer }: { readonly timer: Timer }) {
  const { id } = timer;
  // a slider has two ends: the later one is the moment at which the last change was told
  // biome-ignore lint/correctness/useExhaustiveDependencies: each version is a reason to look at the clock again
  const nowMs = useMemo(() => Date.now(), [timer.version]);
  const [chosenMs, setChosenMs] = useState<number | null>(null);
  const atMs = useSettled(chosenMs ?? nowMs);
  const shownMs = chosenMs ?? nowMs;
  const at = new Date(atMs).toISOString();
  const past = useQuery({
    queryKey: ['past', id, at],
    queryFn: ({ signal }) => ask<Timer>(timerPath(id, `?at=${encodeURIComponent(at)}`), { signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card title="At an earlier moment">
      <label>
        <span>
          At <Moment at={new Date(shownMs).toISOString()} distance />
        </span>
        <input
          type="range"
          min={Date.parse(timer.createTime)}
          max={nowMs}
          step="any"
          value={shownMs}
          aria-valuetext={momentLabel(new Date(shownMs).toISOString())}
          onChange={(e) => setChosenMs(Math.ceil(Number(e.target.value)))}
        />
      </label>
      <div className="row">
        {past.data !== undefined && (
          <Steps id={id} version={past.data.version} latest={timer.version} onChoose={setChosenMs} />
        )}
        <label className="beside">
          exactly
          <input
            type="datetime-local"
            step={0.001}
            value={localOf(new Date(shownMs).toISOString())}
            onChange={(e) => {
              const moment = momentOf(e.target.value);
              if (moment !== undefined) setChosenMs(Date.parse(moment));
            }}
          />
        </label>
      </div>
      {past.isError && <Notice kind="bad">{messageOf(past.error)}</Notice>}
      {past.data !== undefined && <Seen past={past.data} latest={timer.version} />}
    </Card>
  );
}

interface StepsProps {
  readonly id: string;
  readonly version: number;
  readonly latest: number;
  readonly onChoose: (ms: number) => void;
}

/** From event to event: the slider alone would not find two that lie close together. */
function Steps({ id, version, latest, onChoose }: StepsProps) {
  const go = async (to: number): Promise<void> => {
    const query = `/events?after=${to - 1}&limit=1`;
    const [event] = (await ask<HistoryPage>(timerPath(id, query))).events;
    if (event !== undefined) onChoose(Date.parse(event.recordedAt));
  };
  return (
    <>
      <button type="button" disabled={version <= 1} onClick={() => void go(version - 1)}>
        Event before
      </button>
      <button type="button" disabled={version >= latest} onClick={() => void go(version + 1)}>
        Event after
      </button>
    </>
  );
}

function Seen({ past, latest }: { readonly past: Timer; readonly latest: number }) {
  return (
    <div role="status">
      <p className="row tight">
        <StatusMark status={past.status} />
        <span>
          version {past.version} of {latest}, {past.fires} fires
          {past.attempt !== undefined && `, attempt ${past.attempt} open`}
        </span>
      </p>
      <details>
        <summary>All of it</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard too */}
        <pre tabIndex={0}>{JSON.stringify(past, null, 2)}</pre>
      </details>
    </div>
  );
}

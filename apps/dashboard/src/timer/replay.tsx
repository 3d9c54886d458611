import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, messageOf, timerPath } from '../api/http.ts';
import type { Preview, Timer } from '../api/types.ts';
import { OutlookView } from '../edit/preview-panel.tsx';
import { momentOf } from '../timers/search.ts';
import { localOf } from '../ui/format.ts';
import { Card, Confirm, Notice } from '../ui/parts.tsx';
import { useSettled } from '../ui/settled.ts';

/** The schedule, counted anew from a watermark: what would fire, and then that it does. */
export function Replay({ timer }: { readonly timer: Timer }) {
  const client = useQueryClient();
  const [typed, setTyped] = useState(localOf(timer.watermark ?? timer.createTime));
  const [isAsking, setAsking] = useState(false);
  const settled = useSettled(typed);
  const watermark = momentOf(settled);
  const set = { watermark };
  const preview = useQuery({
    queryKey: ['replay', timer.id, timer.version, watermark],
    queryFn: ({ signal }) =>
      ask<Preview>('/v1/preview', { method: 'POST', body: { timerId: timer.id, set, count: 5 }, signal }),
    enabled: watermark !== undefined,
  });
  const replay = useMutation({
    mutationFn: () => ask<Timer>(timerPath(timer.id), { method: 'PATCH', body: set, version: timer.version }),
    onSuccess: (after) => client.setQueryData(['timer', timer.id], after),
  });
  const failure = replay.error ?? preview.error;
  return (
    <Card title="Replay">
      <label>
        Count anew from
        <input
          type="datetime-local"
          step={0.001}
          value={typed}
          onChange={(e) => {
            replay.reset();
            setTyped(e.target.value);
          }}
        />
      </label>
      {failure !== null && <Notice kind="bad">{messageOf(failure)}</Notice>}
      {replay.isSuccess && <Notice kind="good">It counts from there now.</Notice>}
      {preview.data !== undefined && (
        <details>
          <summary>What would fire</summary>
          <OutlookView outlook={preview.data} askedAt={preview.dataUpdatedAt} />
        </details>
      )}
      <div className="row end">
        <button
          type="button"
          disabled={preview.data === undefined || settled !== typed || replay.isPending}
          onClick={() => setAsking(true)}
        >
          Replay from there
        </button>
      </div>
      {isAsking && (
        <Confirm
          question={`Replay ${timer.key}?`}
          yes="Yes, replay it"
          onNo={() => setAsking(false)}
          onYes={() => {
            setAsking(false);
            replay.mutate();
          }}
        >
          <p>
            Its progress (the watermark) is set to that moment. Times after it that have passed are made up
            for as its rule for missed ticks says.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

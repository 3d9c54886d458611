import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, messageOf, timerPath } from '../api/http.ts';
import type { Timer } from '../api/types.ts';
import { Confirm, Notice } from '../ui/parts.tsx';
import { asItStands, type Deed, deedsOf } from './deeds.ts';

export function Actions({ timer, onDeleted }: { readonly timer: Timer; readonly onDeleted: () => void }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Deed | null>(null);
  const act = useMutation({
    mutationFn: ({ action, body }: Deed) =>
      ask<Timer>(timerPath(timer.id, `/${action}`), { method: 'POST', body: body ?? {} }),
    onSuccess: (after) => client.setQueryData(['timer', timer.id], after),
  });
  const remove = useMutation({
    mutationFn: () => ask(timerPath(timer.id), { method: 'DELETE', version: timer.version }),
    onSuccess: onDeleted,
  });
  const isBusy = act.isPending || remove.isPending;
  const begin = (deed: Deed) => {
    if (deed.action === 'delete') remove.mutate();
    else act.mutate(deed);
  };
  const failure = act.error ?? remove.error;
  return (
    <div>
      <div className="row">
        <a className="button" href={`#/timers/${timer.id}/edit`}>
          Change
        </a>
        {deedsOf(timer).map((deed) => (
          <button
            key={deed.action}
            type="button"
            className={deed.action === 'delete' ? 'danger' : undefined}
            disabled={isBusy || deed.whyNot !== undefined}
            title={deed.whyNot}
            onClick={() => (deed.confirm === undefined ? begin(deed) : setAsked(deed))}
          >
            {deed.name}
          </button>
        ))}
      </div>
      {failure !== null && <Notice kind="bad">{messageOf(failure)}</Notice>}
      {asked?.confirm !== undefined && (
        <Confirm
          question={asked.confirm.question}
          yes={asked.confirm.yes}
          onNo={() => setAsked(null)}
          onYes={() => {
            setAsked(null);
            begin(asItStands(asked, timer));
          }}
        >
          <p>{asked.confirm.effect}</p>
        </Confirm>
      )}
    </div>
  );
}

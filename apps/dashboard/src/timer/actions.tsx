import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, messageOf, timerPath } from '../api/http.ts';
import type { Timer } from '../api/types.ts';
import { Confirm, Notice } from '../ui/parts.tsx';

interface Deed {
  readonly name: string;
  readonly action: string;
  readonly body?: unknown;
}

/** What can be done with a timer that stands where this one stands. */
function deedsOf(timer: Timer): readonly Deed[] {
  const isPaused = timer.pausedAt !== undefined;
  return [
    ...(timer.eventId === undefined ? [{ name: 'Trigger', action: 'trigger' }] : []),
    ...(timer.eventId !== undefined
      ? [{ name: 'Close event', action: 'close', body: { eventId: timer.eventId, attempt: timer.attempt } }]
      : []),
    ...(timer.givenUp !== undefined
      ? [{ name: 'Redrive', action: 'redrive', body: { eventId: timer.givenUp.eventId } }]
      : []),
    isPaused ? { name: 'Resume', action: 'resume' } : { name: 'Pause', action: 'pause' },
  ];
}

export function Actions({ timer, onDeleted }: { readonly timer: Timer; readonly onDeleted: () => void }) {
  const client = useQueryClient();
  const [isDeleting, setDeleting] = useState(false);
  const act = useMutation({
    mutationFn: ({ action, body }: Deed) =>
      ask<Timer>(timerPath(timer.id, `/${action}`), { method: 'POST', body: body ?? {} }),
    onSuccess: (after) => client.setQueryData(['timer', timer.id], after),
  });
  const remove = useMutation({
    mutationFn: () => ask(timerPath(timer.id), { method: 'DELETE', version: timer.version }),
    onSuccess: onDeleted,
  });
  const failure = act.error ?? remove.error;
  return (
    <div className="row">
      {deedsOf(timer).map((deed) => (
        <button key={deed.action} type="button" disabled={act.isPending} onClick={() => act.mutate(deed)}>
          {deed.name}
        </button>
      ))}
      <a className="button" href={`#/timers/${timer.id}/edit`}>
        Change
      </a>
      <button type="button" className="danger" onClick={() => setDeleting(true)}>
        Delete
      </button>
      {failure !== null && <Notice kind="bad">{messageOf(failure)}</Notice>}
      {isDeleting && (
        <Confirm
          question={`Delete ${timer.key}?`}
          yes="Yes, delete it"
          onNo={() => setDeleting(false)}
          onYes={() => {
            setDeleting(false);
            remove.mutate();
          }}
        >
          <p>It will not fire again. Its history goes with it from this page.</p>
        </Confirm>
      )}
    </div>
  );
}

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, messageOf } from '../api/http.ts';
import type { Bulk, BulkPreview, Condition } from '../api/types.ts';
import { countLabel } from '../ui/format.ts';
import { Card, Confirm, Notice } from '../ui/parts.tsx';
import { wordsOf } from './search.ts';

type Action = Bulk['action'];
const actions: readonly Action[] = ['pause', 'resume', 'retag', 'delete'];
const progressMs = 500;

/** One wish for all that the search finds, shown before it is done. */
export function BulkPanel({ condition }: { readonly condition: Condition }) {
  const [action, setAction] = useState<Action>('pause');
  const [tags, setTags] = useState({ add: '', remove: '' });
  const [isAsking, setAsking] = useState(false);
  const wish = {
    action,
    condition,
    ...(action === 'retag' && { tags: { add: wordsOf(tags.add), remove: wordsOf(tags.remove) } }),
  };
  const preview = useQuery({
    queryKey: ['bulk-preview', wish],
    queryFn: ({ signal }) =>
      ask<BulkPreview>('/v1/bulk', { method: 'POST', body: { ...wish, dryRun: true }, signal }),
  });
  const begin = useMutation({
    mutationFn: () => ask<Bulk>('/v1/bulk', { method: 'POST', body: wish }),
  });
  const touched = preview.data === undefined ? '…' : countLabel(preview.data.matched);
  return (
    <Card title="Act on all found">
      <div className="fields">
        <label>
          Action
          <select
            value={action}
            onChange={(e) => setAction(actions.find((name) => name === e.target.value) ?? 'pause')}
          >
            {actions.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {action === 'retag' &&
          (['add', 'remove'] as const).map((part) => (
            <label key={part}>
              Tags to {part}
              <input value={tags[part]} onChange={(e) => setTags({ ...tags, [part]: e.target.value })} />
            </label>
          ))}
      </div>
      {preview.isError && <Notice kind="bad">{messageOf(preview.error)}</Notice>}
      {preview.data !== undefined && <PreviewLines preview={preview.data} action={action} />}
      <div className="row end">
        <button
          type="button"
          className={action === 'delete' ? 'danger' : 'primary'}
          disabled={preview.data === undefined || preview.data.matched.count === 0 || begin.isPending}
          onClick={() => setAsking(true)}
        >
          {action} {touched}
        </button>
      </div>
      {isAsking && (
        <Confirm
          question={`${action} ${touched} timers?`}
          yes={`Yes, ${action} them`}
          onNo={() => setAsking(false)}
          onYes={() => {
            setAsking(false);
            begin.mutate();
          }}
        />
      )}
      {begin.isError && <Notice kind="bad">{messageOf(begin.error)}</Notice>}
      {begin.data !== undefined && <Progress first={begin.data} />}
    </Card>
  );
}

function PreviewLines({ preview, action }: { readonly preview: BulkPreview; readonly action: Action }) {
  return (
    <div role="status">
      <p>
        This touches <strong>{countLabel(preview.matched)}</strong> timers
        {preview.refusals.length === 0
          ? '.'
          : `. Of the first ${preview.sampled}, these would refuse to ${action}:`}
      </p>
      <Refusals refusals={preview.refusals} />
    </div>
  );
}

const Refusals = ({ refusals }: Pick<Bulk, 'refusals'>) => (
  <ul>
    {refusals.map(({ code, count, example }) => (
      <li key={code}>
        {count} × <code>{code}</code> <span className="faint">{example.message}</span>
      </li>
    ))}
  </ul>
);

function Progress({ first }: { readonly first: Bulk }) {
  const { data = first } = useQuery({
    queryKey: ['bulk', first.id],
    queryFn: () => ask<Bulk>(`/v1/bulk/${first.id}`),
    refetchInterval: ({ state }) => (state.data?.status === 'running' || !state.data ? progressMs : false),
  });
  const cancel = useMutation({ mutationFn: () => ask<Bulk>(`/v1/bulk/${first.id}`, { method: 'DELETE' }) });
  return (
    <>
      <Notice kind={data.status === 'done' ? 'good' : 'plain'}>
        {data.action}: {data.status}, {data.applied} of {data.matched} so far
      </Notice>
      <Refusals refusals={data.refusals} />
      {data.status === 'running' && (
        <button type="button" onClick={() => cancel.mutate()}>
          Stop it
        </button>
      )}
    </>
  );
}

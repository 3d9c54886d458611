import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ask, messageOf, Problem, timerPath } from '../api/http.ts';
import type { Preview, Timer } from '../api/types.ts';
import { Notice, Title } from '../ui/parts.tsx';
import { go, timerPlace } from '../ui/router.ts';
import { expressionAdvice } from './expressions.ts';
import { EditingProvider } from './fields.tsx';
import { changeOf, emptyForm, type Form, fieldOf, formOf, newTimerOf } from './form.ts';
import { PreviewPanel } from './preview-panel.tsx';
import { saveChange } from './save-change.ts';
import { TimerFields } from './timer-fields.tsx';

const typingMs = 200;

export const NewPage = () => <Editor before={null} />;

export function EditPage({ id }: { readonly id: string }) {
  // as it was when the editing began: what others change meanwhile is found out by the version
  const timer = useQuery({
    queryKey: ['edited', id],
    queryFn: () => ask<Timer>(timerPath(id)),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (timer.isError) return <Notice kind="bad">{messageOf(timer.error)}</Notice>;
  return timer.data === undefined ? <p className="faint">Loading</p> : <Editor before={timer.data} />;
}

function Editor({ before }: { readonly before: Timer | null }) {
  const former = useMemo(() => (before === null ? null : formOf(before)), [before]);
  const [form, setForm] = useState<Form>(former ?? emptyForm);
  const wire = former === null ? newTimerOf(form) : changeOf(former, form);
  const preview = usePreview(before, wire, form);
  const save = useMutation({
    mutationFn: () =>
      before === null
        ? ask<Timer>('/v1/timers', { method: 'POST', body: wire })
        : saveChange(before, wire, (asked) => ask<Timer>(timerPath(before.id), asked)),
    onSuccess: ({ id }) => go(timerPlace(id)),
  });
  const failure = save.error ?? preview.error;
  const field = failure instanceof Problem ? fieldOf(failure.field) : null;
  const change = (part: Partial<Form>) => {
    save.reset();
    setForm({ ...form, ...part });
  };
  const advice =
    field === 'schedPolicyExpr' ? expressionAdvice(form.schedPolicyType, form.schedPolicyExpr) : null;
  const error = field === null || failure === null ? null : { field, message: advice ?? messageOf(failure) };
  const formElement = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (save.error !== null) showWrong(formElement.current);
  }, [save.error]);
  return (
    <EditingProvider value={{ form, change, error, isNew: before === null }}>
      <Title>{before === null ? 'New timer' : `Change ${before.key}`}</Title>
      <div className="split">
        <form
          ref={formElement}
          className="card"
          onSubmit={(e) => {
            e.preventDefault();
            save.mutate();
          }}
        >
          <TimerFields />
          {failure !== null && field === null && <Notice kind="bad">{messageOf(failure)}</Notice>}
          <div className="row end">
            <a className="button" href={before === null ? '#/timers' : timerPlace(before.id)}>
              Cancel
            </a>
            <button type="submit" className="primary" disabled={save.isPending}>
              {before === null ? 'Create' : 'Save'}
            </button>
          </div>
        </form>
        <PreviewPanel preview={preview.data ?? null} askedAt={preview.askedAt} isWaiting={!isWritten(form)} />
      </div>
    </EditingProvider>
  );
}

/** A refused save has its reason where it may be out of sight: the field takes the focus, or the notice beside Save is scrolled to. */
function showWrong(form: HTMLFormElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  const folded = field?.closest('details');
  if (folded) folded.open = true;
  field?.focus();
  if (!field) form?.querySelector('.notice-bad')?.scrollIntoView({ block: 'nearest' });
}

/** There is a schedule to look at: only `ON_CLOSE` is one without an expression. */
const isWritten = ({ schedPolicyType, schedPolicyExpr }: Form): boolean =>
  schedPolicyExpr !== '' || schedPolicyType === 'ON_CLOSE';

/** The next ten, as one types. */
function usePreview(before: Timer | null, wire: Readonly<Record<string, unknown>>, form: Form) {
  const [asked, setAsked] = useState<string | null>(null);
  const { key: _, ...nameless } = wire;
  const timer = form.key === '' ? nameless : wire;
  const request = JSON.stringify(before === null ? { timer } : { timerId: before.id, set: wire });
  useEffect(() => {
    const waiting = window.setTimeout(() => setAsked(request), typingMs);
    return () => window.clearTimeout(waiting);
  }, [request]);
  // what was written before the last key is no question any more: half a timer has faults that nobody made
  const isAsked = asked === request && isWritten(form);
  const preview = useQuery({
    queryKey: ['preview', asked],
    queryFn: ({ signal }) =>
      ask<Preview>('/v1/preview', { method: 'POST', body: JSON.parse(asked ?? '{}'), signal }),
    enabled: isAsked,
    gcTime: 0,
  });
  return {
    data: preview.data,
    error: isAsked ? preview.error : null,
    askedAt: preview.dataUpdatedAt,
  };
}

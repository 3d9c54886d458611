import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, messageOf, Problem, timerPath } from '../api/http.ts';
import { useWatch } from '../api/live.ts';
import type { Finding, Outlook, Timer, Told } from '../api/types.ts';
import { OutlookView } from '../edit/preview-panel.tsx';
import { scheduleLabel } from '../ui/format.ts';
import { Card, CopyText, Moment, Notice, StatusMark, Title } from '../ui/parts.tsx';
import { Actions } from './actions.tsx';
import { codeOf, curlOf } from './copies.ts';
import { afterVerdict, nextName } from './labels.ts';
import { PastView } from './past-view.tsx';
import { Replay } from './replay.tsx';
import { Timeline } from './timeline.tsx';

export function TimerPage({ id }: { readonly id: string }) {
  const client = useQueryClient();
  const [isKnownDeleted, setDeleted] = useState(false);
  const timer = useQuery({
    queryKey: ['timer', id],
    queryFn: ({ signal }) => ask<Timer>(timerPath(id), { signal }),
    enabled: !isKnownDeleted,
  });
  // it may have gone before the watch began
  const isGone = timer.error instanceof Problem && timer.error.status === 404 && timer.data !== undefined;
  const isDeleted = isKnownDeleted || isGone;
  const readAgain = () => {
    for (const part of ['next', 'why', 'events']) void client.invalidateQueries({ queryKey: [part, id] });
  };
  const onTold = ({ timer: told, kind }: Told) => {
    if (kind === 'delete') {
      setDeleted(true);
      return;
    }
    if (told !== undefined)
      client.setQueryData<Timer>(['timer', id], (shown) =>
        shown !== undefined && shown.version > told.version ? shown : told,
      );
    readAgain();
  };
  const onReady = () => {
    void client.invalidateQueries({ queryKey: ['timer', id] });
    readAgain();
  };
  useWatch(`id=${encodeURIComponent(id)}&include=timer`, { onTold, onReady });
  if (timer.isError && !isDeleted) return <Notice kind="bad">{messageOf(timer.error)}</Notice>;
  if (timer.data === undefined) return <p className="faint">Loading</p>;
  return (
    <>
      <div className="row">
        <Title>{timer.data.key}</Title>
        <StatusMark status={timer.data.status} />
        {timer.data.givenUp !== undefined && (
          <a className="status status-faulted" href="#/dead" title="Dead letters">
            given up
          </a>
        )}
      </div>
      {!isDeleted && <Actions timer={timer.data} onDeleted={() => setDeleted(true)} />}
      {isDeleted && <Notice kind="plain">This timer has been deleted.</Notice>}
      <Facts timer={timer.data} />
      <div className="split">
        <Timeline id={id} />
        <div>
          <NextFires id={id} isEnabled={!isDeleted} />
          <Why id={id} isEnabled={!isDeleted} />
          <PastView timer={timer.data} />
          {!isDeleted && <Replay timer={timer.data} />}
          <CopyText label="Copy as curl" text={curlOf(timer.data, window.location.origin)} />
          <CopyText label="Copy as code" text={codeOf(timer.data)} />
        </div>
      </div>
    </>
  );
}

export function Facts({ timer }: { readonly timer: Timer }) {
  return (
    <dl className="facts card">
      <Fact name="Schedule">
        <code>{scheduleLabel(timer)}</code>
      </Fact>
      <Fact name={nextName(timer)}>
        {timer.nextFireTime === undefined ? 'none' : <Moment at={timer.nextFireTime} distance />}
      </Fact>
      <Fact name="Hook class">{timer.hookClass === '' ? 'none' : timer.hookClass}</Fact>
      <Fact name="Fires">{timer.fires}</Fact>
      <Fact name="Namespace">{timer.namespace}</Fact>
      <Fact name="Version">{timer.version}</Fact>
      {timer.watermark !== undefined && (
        <Fact name="Progress" title="The watermark: its next time is counted from this moment.">
          <Moment at={timer.watermark} />
        </Fact>
      )}
      {timer.eventId !== undefined && (
        <Fact name="Open event">
          attempt {timer.attempt}
          {timer.worker !== undefined && `, held by ${timer.worker}`}
        </Fact>
      )}
      {timer.fault !== undefined && <Fact name="Fault">{timer.fault}</Fact>}
      {timer.lastError !== undefined && <Fact name="Last error">{timer.lastError}</Fact>}
      {timer.givenUp !== undefined && (
        <Fact name="Given up">
          after attempt {timer.givenUp.attempts}: {timer.givenUp.error ?? 'no error was told'}
        </Fact>
      )}
      {timer.lease !== undefined && (
        <Fact name="Lease">
          {timer.lease.holder} until <Moment at={timer.lease.until} />
        </Fact>
      )}
      {timer.data !== undefined && (
        <Fact name="Data">
          <code>{timer.data}</code>
        </Fact>
      )}
      {timer.summaryData !== undefined && (
        <Fact name="Summary">
          <code>{timer.summaryData}</code>
        </Fact>
      )}
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  readonly title?: string;
  readonly children: React.ReactNode;
}
const Fact = ({ name, title, children }: FactProps) => (
  <div title={title}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

interface PartProps {
  readonly id: string;
  readonly isEnabled: boolean;
}

function NextFires({ id, isEnabled }: PartProps) {
  const next = useQuery({
    queryKey: ['next', id],
    queryFn: ({ signal }) => ask<Outlook>(timerPath(id, '/next?count=5'), { signal }),
    enabled: isEnabled,
  });
  return (
    <Card title="Next fires">
      {next.isError && <Notice kind="bad">{messageOf(next.error)}</Notice>}
      {next.data !== undefined && <OutlookView outlook={next.data} askedAt={next.dataUpdatedAt} />}
    </Card>
  );
}

const findingsShown = 8;

function Why({ id, isEnabled }: PartProps) {
  const why = useQuery({
    queryKey: ['why', id],
    queryFn: ({ signal }) => ask<{ findings: Finding[] }>(timerPath(id, '/why'), { signal }),
    enabled: isEnabled,
  });
  return (
    <Card title="Why, over the last day">
      {why.isError && <Notice kind="bad">{messageOf(why.error)}</Notice>}
      <ul className="findings">
        {why.data?.findings
          .slice(-findingsShown)
          .reverse()
          .map(({ verdict, sentence, first }) => (
            <li key={`${verdict}${first}${sentence}`}>
              <span className={`verdict verdict-${verdict}`}>{verdict.replace('-', ' ')}</span>{' '}
              {afterVerdict(verdict, sentence)}
            </li>
          ))}
      </ul>
    </Card>
  );
}

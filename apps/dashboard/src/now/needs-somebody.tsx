import { useQuery } from '@tanstack/react-query';
import { ask, messageOf } from '../api/http.ts';
import { useInstallation } from '../api/installation.ts';
import type { Condition, Count, HookClassStand, Timer, TimerPage } from '../api/types.ts';
import { countLabel } from '../ui/format.ts';
import { Card, Moment, Notice, StatusMark } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';

const askMs = 5_000;
const overdueMs = 60_000;
const shownMax = 20;

/** Faults, dead letters, what nobody answers, and what should have happened long ago: before anything else. */
export function NeedsSomebody() {
  const faulted = useTimers('faulted', () => ({ status: ['faulted'] }));
  const overdue = useTimers('overdue', () => ({
    status: ['waiting', 'open', 'asking'],
    dueBefore: new Date(Date.now() - overdueMs).toISOString(),
  }));
  const dead = useQuery({
    queryKey: ['needs', 'dead'],
    queryFn: ({ signal }) =>
      ask<Count>('/v1/timers/count', { method: 'POST', body: { condition: { givenUp: true } }, signal }),
    refetchInterval: askMs,
  });
  const failure = faulted.error ?? overdue.error ?? dead.error;
  const timers = [...(faulted.data?.timers ?? []), ...(overdue.data?.timers ?? [])];
  const deadCount = dead.data?.count ?? 0;
  const installation = useInstallation();
  const unanswered = (installation.data?.hookClasses ?? []).filter((stand) => stand.unanswered > 0);
  const isCalm =
    failure === null &&
    timers.length + unanswered.length === 0 &&
    dead.data !== undefined &&
    deadCount === 0 &&
    !installation.isPending;
  return (
    <Card title="Needs somebody">
      {failure !== null && <Notice kind="bad">{messageOf(failure)}</Notice>}
      {isCalm && (
        <p className="calm">
          Nothing has a fault, nothing is overdue, nothing was given up
          {/* who may not see the installation is not told of it */}
          {installation.data !== undefined && ', no event goes unanswered again and again'}.
        </p>
      )}
      <ul className="needs">
        {unanswered.map((stand) => (
          <Unanswered key={stand.hookClass} stand={stand} />
        ))}
        {timers.map((timer) => (
          <Need key={timer.id} timer={timer} />
        ))}
        {dead.data !== undefined && deadCount > 0 && (
          <li className="row tight">
            <span className="status status-faulted">given up</span>
            <a href="#/dead">
              {countLabel(dead.data)} {deadCount === 1 ? 'dead letter' : 'dead letters'}
            </a>
            <span>with their errors, to be redriven</span>
          </li>
        )}
      </ul>
    </Card>
  );
}

/** Mostly a name that was mistyped, or a worker that was never started. */
const Unanswered = ({ stand: { hookClass, unanswered, openSince } }: { readonly stand: HookClassStand }) => (
  <li className="row tight">
    <span className="status status-faulted">unanswered</span>
    <a href={`#/timers?hookClass=${encodeURIComponent(hookClass)}&status=open`}>{hookClass}</a>
    <span>
      {unanswered === 1 ? '1 event was' : `${unanswered} events were`} sent three times or more
      {openSince !== undefined && (
        <>
          , the oldest open one since <Moment at={openSince} distance />
        </>
      )}
      : is a worker running for this hook class, and is its name right?
    </span>
  </li>
);

function useTimers(name: string, condition: () => Condition) {
  return useQuery({
    queryKey: ['needs', name],
    queryFn: ({ signal }) =>
      ask<TimerPage>('/v1/timers/query', {
        method: 'POST',
        body: { condition: condition(), limit: shownMax },
        signal,
      }),
    refetchInterval: askMs,
  });
}

function Need({ timer }: { readonly timer: Timer }) {
  return (
    <li className="row tight">
      <StatusMark status={timer.status} />
      <a href={timerPlace(timer.id)}>{timer.key}</a>
      <span>
        {timer.fault ??
          (timer.nextFireTime !== undefined && (
            <>
              was due <Moment at={timer.nextFireTime} distance />
            </>
          ))}
      </span>
    </li>
  );
}

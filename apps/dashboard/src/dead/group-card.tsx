import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { messageOf } from '../api/http.ts';
import type { Timer } from '../api/types.ts';
import { Card, Moment, Notice } from '../ui/parts.tsx';
import { timerPlace } from '../ui/router.ts';
import { attemptsAnew, type Group } from './groups.ts';
import { type Follow, type Progress, redriveEach } from './redrive.ts';

/** Of a long group; all of it is redriven all the same. */
const shownMax = 50;

interface Props {
  readonly group: Group;
  /** Events a second. */
  readonly rate: number;
  readonly follow: Follow;
}

/** Those that failed alike: what it was, since when, and the way out. */
export function GroupCard({ group, rate, follow }: Props) {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);
  const stopping = useRef<AbortController>(null);
  const redrive = useMutation({
    mutationFn: (timers: readonly Timer[]) => {
      stopping.current = new AbortController();
      return redriveEach({ timers, rate, signal: stopping.current.signal, onProgress: setProgress, follow });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['dead'] }),
  });
  const { timers, hookClasses, first, last } = group;
  return (
    <Card
      title={group.title}
      aside={
        redrive.isPending ? (
          <button type="button" onClick={() => stopping.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" onClick={() => redrive.mutate(timers)}>
            Redrive all {timers.length}
          </button>
        )
      }
    >
      <p className="faint">
        {hookClasses.length === 1 ? 'Hook class' : 'Hook classes'}{' '}
        {hookClasses.map((name) => (name === '' ? 'none' : name)).join(', ')}, given up{' '}
        <Moment at={first} distance />
        {last !== first && (
          <>
            {' '}
            to <Moment at={last} distance />
          </>
        )}
        . {group.advice}: each event is sent again with its data and gets {attemptsAnew(timers)}.
      </p>
      {redrive.isError && <Notice kind="bad">{messageOf(redrive.error)}</Notice>}
      {progress !== null && <ProgressLine progress={progress} isRunning={redrive.isPending} />}
      <ul className="needs">
        {timers.slice(0, shownMax).map((timer) => (
          <Letter
            key={timer.id}
            timer={timer}
            isBusy={redrive.isPending}
            onRedrive={() => redrive.mutate([timer])}
          />
        ))}
      </ul>
      {timers.length > shownMax && <p className="faint">and {timers.length - shownMax} more like them</p>}
    </Card>
  );
}

function ProgressLine({ progress, isRunning }: { readonly progress: Progress; readonly isRunning: boolean }) {
  const { redriven, refused, all, refusal } = progress;
  return (
    <>
      {isRunning && <progress aria-label="Redriven so far" max={all} value={redriven + refused} />}
      <Notice kind={refused > 0 ? 'bad' : 'good'}>
        {redriven} of {all} redriven{refused > 0 && `, ${refused} refused; ${refusal}`}
      </Notice>
    </>
  );
}

interface LetterProps {
  readonly timer: Timer;
  readonly isBusy: boolean;
  readonly onRedrive: () => void;
}

function Letter({ timer, isBusy, onRedrive }: LetterProps) {
  const { id, key, givenUp } = timer;
  return (
    <li className="row tight">
      <a href={timerPlace(id)}>{key}</a>
      <span>{givenUp?.attempts === 1 ? '1 attempt' : `${givenUp?.attempts} attempts`}</span>
      {givenUp !== undefined && <Moment at={givenUp.givenUpAt} distance />}
      <span className="grow" />
      <button type="button" disabled={isBusy} aria-label={`Redrive ${key}`} onClick={onRedrive}>
        Redrive
      </button>
    </li>
  );
}

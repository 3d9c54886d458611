import type { Timer } from '../api/types.ts';

export interface Group {
  /** What all of them have alike. */
  readonly id: string;
  /** The error of the first that was met, in words that say what to do. */
  readonly title: string;
  readonly advice: string;
  readonly timers: readonly Timer[];
  readonly hookClasses: readonly string[];
  /** When the first and the last of them were given up. */
  readonly first: string;
  readonly last: string;
}

/** Those that failed alike, the largest group first; numbers in an error do not make it another one. */
export function groupsOf(timers: readonly Timer[]): readonly Group[] {
  const alike = Map.groupBy(
    timers.filter(({ givenUp }) => givenUp !== undefined),
    alikeness,
  );
  return [...alike]
    .map(([id, some]) => groupOf(id, some))
    .toSorted((a, b) => b.timers.length - a.timers.length);
}

/** The scheduler's own words for an event that no worker answered in time. */
const noAnswer = /^no answer within (.+)$/;
const errorOf = ({ givenUp }: Timer): string => givenUp?.error ?? '';

/** Where nobody answered it is the hook class that tells them apart. */
const alikeness = (timer: Timer): string =>
  `${noAnswer.test(errorOf(timer)) ? timer.hookClass : ''}:${errorOf(timer).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/gi, '#')}`;

/** `1m30s` as `1 m 30 s`. */
const spaced = (duration: string): string => duration.replace(/([a-z])(?=\d)|(\d)(?=[a-z])/g, '$& ');

function explained(timer: Timer): Pick<Group, 'title' | 'advice'> {
  const error = errorOf(timer);
  const [, within] = noAnswer.exec(error) ?? [];
  if (within !== undefined)
    return {
      title: `No worker answered for hook class ${timer.hookClass} within ${spaced(within)}`,
      advice: 'Is one running, and is its name right? Then redrive',
    };
  return error === ''
    ? { title: 'No error was told', advice: 'Mend what failed, then redrive' }
    : { title: error, advice: 'Mend what the error names, then redrive' };
}

/** What a redrive brings to these. */
export function attemptsAnew(timers: readonly Timer[]): string {
  const counts = [...new Set(timers.map(({ retry }) => retry.maxAttempts))];
  if (counts.length !== 1) return 'its attempts anew, as many as its timer allows';
  if (counts[0] === 0) return 'its attempts anew, without a limit';
  return counts[0] === 1 ? 'one attempt anew' : `its ${counts[0]} attempts anew`;
}

function groupOf(id: string, timers: readonly Timer[]): Group {
  const moments = timers.map(({ givenUp }) => givenUp?.givenUpAt ?? '').toSorted();
  return {
    id,
    ...(timers[0] === undefined ? { title: '', advice: '' } : explained(timers[0])),
    timers,
    hookClasses: [...new Set(timers.map(({ hookClass }) => hookClass))].toSorted(),
    first: moments[0] ?? '',
    last: moments.at(-1) ?? '',
  };
}

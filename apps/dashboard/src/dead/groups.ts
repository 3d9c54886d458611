import type { Timer } from '../api/types.ts';

export interface Group {
  /** Of the first that was met. */
  readonly error: string;
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
    (timer) => errorOf(timer).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/gi, '#'),
  );
  return [...alike.values()].map(groupOf).toSorted((a, b) => b.timers.length - a.timers.length);
}

const errorOf = ({ givenUp }: Timer): string => givenUp?.error ?? 'No error was told';

function groupOf(timers: readonly Timer[]): Group {
  const moments = timers.map(({ givenUp }) => givenUp?.givenUpAt ?? '').toSorted();
  return {
    error: timers[0] === undefined ? '' : errorOf(timers[0]),
    timers,
    hookClasses: [...new Set(timers.map(({ hookClass }) => hookClass))].toSorted(),
    first: moments[0] ?? '',
    last: moments.at(-1) ?? '',
  };
}

import type { Timer } from '../api/types.ts';

export interface Group {
  readonly error: string;
  readonly timers: readonly Timer[];
}

/** Those that failed alike, the largest group first; numbers in an error do not make it another one. */
export function groupsOf(timers: readonly Timer[]): readonly Group[] {
  const groups = new Map<string, { error: string; timers: Timer[] }>();
  for (const timer of timers) {
    const error = timer.givenUp?.error ?? 'No error was told';
    const likeness = error.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/gi, '#');
    const group = groups.get(likeness) ?? { error, timers: [] };
    group.timers.push(timer);
    groups.set(likeness, group);
  }
  return [...groups.values()].toSorted((a, b) => b.timers.length - a.timers.length);
}

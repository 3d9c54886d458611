import { isDeepStrictEqual } from 'node:util';
import type { TimerState } from '#timer';
import type { World } from '../world.js';
import type { History } from './history.js';
import type { Violation } from './violation.js';

/** 7: the state is what the log folds to. */
export function foldEqualsState(histories: readonly History[], { database }: World): Violation[] {
  const { states } = database.store.tables;
  const folded = new Map(histories.map(({ timerId, entries }) => [timerId, entries.at(-1)?.after ?? null]));
  const found: Violation[] = [];
  for (const [timerId, state] of folded) {
    const stored = states.get(timerId)?.state ?? null;
    if (!isDeepStrictEqual(stored, state))
      found.push({
        promise: 7,
        detail: `the state of ${timerId} is not what its log gives: ${differs(stored, state)}`,
      });
  }
  for (const timerId of states.keys())
    if (!folded.has(timerId)) found.push({ promise: 7, detail: `${timerId} has a state and no log` });
  return found;
}

/** 11, on the log: positions of a partition and versions of a timer have no gap and no double. */
export function logHasNoGap(histories: readonly History[], { database }: World): Violation[] {
  const places = database.store.tables.logs.flatMap((log, partition) =>
    log.flatMap(({ position }, index): Violation[] =>
      position === BigInt(index + 1)
        ? []
        : [{ promise: 11, detail: `log ${partition} has ${position} at ${index}` }],
    ),
  );
  const versions = histories.flatMap(({ timerId, entries }) =>
    entries.flatMap(({ stored }, index): Violation[] =>
      stored.version === index + 1
        ? []
        : [{ promise: 11, detail: `${timerId} has version ${stored.version} in place of ${index + 1}` }],
    ),
  );
  return [...places, ...versions];
}

/** Fields that are not the same on both sides. */
function differs(stored: TimerState | null, folded: TimerState | null): string {
  if (stored === null || folded === null) return `${stored === null ? 'no' : 'a'} state is stored`;
  const names = Object.keys({ ...stored, ...folded }) as (keyof TimerState)[];
  return names
    .filter((name) => !isDeepStrictEqual(stored[name], folded[name]))
    .map((name) => `${name} ${JSON.stringify(stored[name])} for ${JSON.stringify(folded[name])}`)
    .join(', ');
}

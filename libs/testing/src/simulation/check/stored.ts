import { isDeepStrictEqual } from 'node:util';
import { foldOn, isHeldBy, noFold } from '#engine';
import type { TimerId, TimerState } from '#timer';
import { steadyKeys } from '../client.js';
import type { SimDatabase } from '../sim-database.js';
import type { World } from '../world.js';
import type { History } from './history.js';
import type { Violation } from './violation.js';

/** 7: the state is what the log folds to: the whole of it, and what retention has left. */
export function foldEqualsState(histories: readonly History[], { databases }: World): Violation[] {
  const found: Violation[] = [];
  for (const { timerId, database, entries } of histories) {
    const { states } = database.store.tables;
    const stored = asWritten(states.get(timerId)?.state ?? null);
    const folded = asWritten(entries.at(-1)?.after ?? null);
    if (!isDeepStrictEqual(stored, folded))
      found.push({
        promise: 7,
        detail: `the state of ${timerId} is not what its log gives: ${differs(stored, folded)}`,
      });
    const left = asWritten(foldOfWhatIsLeft(timerId, database));
    if (stored !== null && !isDeepStrictEqual(stored, left))
      found.push({
        promise: 7,
        detail: `the state of ${timerId} is not what is left of its log: ${differs(stored, left)}`,
      });
  }
  const known = new Set(histories.map(({ timerId }) => timerId));
  for (const timerId of databases.all.flatMap(({ store }) => [...store.tables.states.keys()]))
    if (!known.has(timerId)) found.push({ promise: 7, detail: `${timerId} has a state and no log` });
  return found;
}

/** A field that is absent and one that is undefined say the same. */
const asWritten = (state: TimerState | null): TimerState | null => JSON.parse(JSON.stringify(state));

/** As verify and rebuild do it: from its creation, or from the last snapshot. */
const foldOfWhatIsLeft = (timerId: TimerId, { store }: SimDatabase): TimerState | null =>
  foldOn(
    noFold,
    store.tables.recorded(timerId, () => true),
  ).state;

/** 11, on the log: positions of a partition and versions of a timer have no gap and no double. */
export function logHasNoGap(histories: readonly History[], { databases }: World): Violation[] {
  const logs = databases.all.flatMap((database) => database.wholeLog());
  const strange = databases.map((database, place) =>
    database
      .wholeLog()
      .flatMap((log, partition) => (log.length > 0 && !isHeldBy(place, partition) ? [partition] : [])),
  );
  const misplaced = strange.all.flat().map(
    (partition): Violation => ({
      promise: 11,
      detail: `log ${partition} is in a database that does not have it`,
    }),
  );
  const places = logs.flatMap((log, partition) =>
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
  return [...misplaced, ...places, ...versions];
}

/** 11, on the log: what a steady client sent to one timer was applied in that order, through an expansion too. */
export const steadyInOrder = (histories: readonly History[]): Violation[] =>
  histories.flatMap(({ timerId, entries }) => {
    if (!steadyKeys.some((key) => key === entries[0]?.after?.spec.key)) return [];
    let last = 0;
    return entries.flatMap(({ event, after }): Violation[] => {
      if (event.type !== 'TimerUpdated') return [];
      const [count, former] = [Number(after?.spec.tags[0]), last];
      last = Math.max(last, count);
      return count >= former
        ? []
        : [{ promise: 11, detail: `${timerId}: the change ${count} was applied after the change ${former}` }];
    });
  });

/** Fields that are not the same on both sides. */
function differs(stored: TimerState | null, folded: TimerState | null): string {
  if (stored === null || folded === null) return `${stored === null ? 'no' : 'a'} state is stored`;
  const names = Object.keys({ ...stored, ...folded }) as (keyof TimerState)[];
  return names
    .filter((name) => !isDeepStrictEqual(stored[name], folded[name]))
    .map((name) => `${name} ${JSON.stringify(stored[name])} for ${JSON.stringify(folded[name])}`)
    .join(', ');
}

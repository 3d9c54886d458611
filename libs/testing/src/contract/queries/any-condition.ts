import fc from 'fast-check';
import type { EpochMs, TimerCondition, TimerState, TimerStatus } from '#timer';

const statuses: readonly TimerStatus[] = [
  'waiting',
  'asking',
  'open',
  'paused',
  'disabled',
  'faulted',
  'ended',
];

/** Text that is like what timers have, and text that no timer can have. */
const oddTexts = ['', '%', '_', '\\', `'`, 'a\0', '\ud834', '\u{10ffff}', 'zz'];

/**
 * Any condition, of parts that some of these timers have and others have not: it holds for some, seldom for all or none.
 */
export function anyCondition(timers: readonly TimerState[]): fc.Arbitrary<TimerCondition> {
  const oneOf = <T>(read: (state: TimerState) => readonly T[], odd: readonly T[]): fc.Arbitrary<T> =>
    fc.constantFrom(...new Set([...timers.flatMap(read), ...odd]));
  const moment = oneOf(
    ({ nextFireAt }) =>
      nextFireAt === null ? [] : ([nextFireAt, nextFireAt - 1, nextFireAt + 1] as EpochMs[]),
    [0 as EpochMs],
  );
  const prefix = oneOf(({ spec }) => [1, 2, 3].map((length) => spec.key.slice(0, length)), oddTexts);
  const parts = {
    id: oneOf(({ id }) => [id], []),
    namespace: oneOf(({ spec }) => [spec.namespace], oddTexts),
    key: oneOf(({ spec }) => [spec.key], oddTexts),
    keyPrefix: prefix,
    tags: fc.array(
      oneOf(({ spec }) => spec.tags, oddTexts),
      { maxLength: 3 },
    ),
    parentId: oneOf(({ id, spec }) => (spec.parent === undefined ? [id] : [spec.parent.timerId]), []),
    hookClass: oneOf(({ spec }) => [spec.hookClass], oddTexts),
    status: fc.subarray([...statuses]),
    enable: fc.boolean(),
    givenUp: fc.boolean(),
    dueFrom: moment,
    dueBefore: moment,
  };
  return fc.letrec<{ condition: TimerCondition; part: readonly [string, unknown] }>((tie) => ({
    // few parts at a time: all of them at once hold for nothing
    condition: fc
      .array(tie('part'), { maxLength: 3 })
      .map((some) => Object.fromEntries(some) as TimerCondition),
    part: fc.oneof(
      { maxDepth: 4 },
      ...Object.entries(parts).map(([name, values]) => named(name, values)),
      { arbitrary: named('and', fc.array(tie('condition'), { maxLength: 2 })), weight: 2 },
      { arbitrary: named('or', fc.array(tie('condition'), { maxLength: 3 })), weight: 3 },
      { arbitrary: named('not', tie('condition')), weight: 3 },
    ),
  })).condition;
}

const named = (name: string, values: fc.Arbitrary<unknown>): fc.Arbitrary<readonly [string, unknown]> =>
  values.map((value) => [name, value]);

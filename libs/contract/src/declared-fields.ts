import type { TimerInputWire } from './timer-input.js';

// Imports types alone: a browser has use for it.

/** What the owner of a timer decides, by its wire names; everything else of a timer is its name or its life. */
export const declaredFields = [
  'schedPolicyType',
  'schedPolicyExpr',
  'timeZone',
  'hookClass',
  'tags',
  'data',
  'dataEncoding',
  'enable',
  'startAt',
  'endAt',
  'maxFires',
  'jitter',
  'exclude',
  'dst',
  'missed',
  'ackTimeout',
  'retry',
  'preSchedule',
  'spawn',
  'maxPause',
  'needsClaim',
  'keepFor',
] as const satisfies readonly (keyof TimerInputWire)[];

/** Those of them that no update changes. */
export const fixedFields: readonly string[] = [
  'hookClass',
  'data',
  'dataEncoding',
] satisfies (typeof declaredFields)[number][];

/** Those parts of a timer that make the same one again, under its name. */
export const declaredOf = (timer: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    ['namespace', 'key', ...declaredFields]
      .filter((name) => timer[name] !== undefined)
      .map((name) => [name, timer[name]]),
  );

interface Seen {
  readonly id: string;
}
/** It is the same timer, and nobody has changed what its owner decides: only its life has gone on. Both as an API tells them. */
export const isAsDeclared = (seen: Seen, now: Seen): boolean =>
  seen.id === now.id && JSON.stringify(declaredOf({ ...seen })) === JSON.stringify(declaredOf({ ...now }));

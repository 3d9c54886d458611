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

/** Those parts of a timer that make the same one again, under its name. */
export const declaredOf = (timer: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    ['namespace', 'key', ...declaredFields]
      .filter((name) => timer[name] !== undefined)
      .map((name) => [name, timer[name]]),
  );

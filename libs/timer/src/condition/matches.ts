import type { EpochMs } from '../brand.js';
import { statusOf, type TimerState } from '../state.js';
import type { TimerCondition } from './condition.js';

/** How deep conditions may lie in each other, the outermost counted as 1. */
export const conditionDepthMax = 16;
/** How many conditions one may be made of, itself counted. */
export const conditionPartsMax = 256;

type Part = (condition: TimerCondition, state: TimerState) => boolean;

/** One predicate a field; each holds where its field is absent. What a database answers is held to these. */
const parts: readonly Part[] = [
  ({ id }, state) => id === undefined || id === state.id,
  ({ namespace }, { spec }) => namespace === undefined || namespace === spec.namespace,
  ({ key }, { spec }) => key === undefined || key === spec.key,
  ({ keyPrefix }, { spec }) => keyPrefix === undefined || hasPrefix(spec.key, keyPrefix),
  ({ tags }, { spec }) => tags === undefined || tags.every((tag) => spec.tags.includes(tag)),
  ({ hookClass }, { spec }) => hookClass === undefined || hookClass === spec.hookClass,
  ({ parentId }, { spec }) => parentId === undefined || parentId === spec.parent?.timerId,
  ({ status }, state) => status === undefined || status.includes(statusOf(state)),
  ({ enable }, { spec }) => enable === undefined || enable === spec.enable,
  (condition, { givenUp }) => condition.givenUp === undefined || condition.givenUp === (givenUp !== null),
  ({ dueFrom }, { nextFireAt }) => dueFrom === undefined || isDue(nextFireAt, (at) => at >= dueFrom),
  ({ dueBefore }, { nextFireAt }) => dueBefore === undefined || isDue(nextFireAt, (at) => at < dueBefore),
  ({ and }, state) => and === undefined || and.every((child) => matches(child, state)),
  ({ or }, state) => or === undefined || or.some((child) => matches(child, state)),
  ({ not }, state) => not === undefined || !matches(not, state),
];

/** Whether a timer is among those that a condition means. */
export const matches = (condition: TimerCondition, state: TimerState): boolean =>
  parts.every((holds) => holds(condition, state));

/** A prefix that ends within a character (half of a surrogate pair) is no prefix of any text. */
const hasPrefix = (key: string, prefix: string): boolean => prefix.isWellFormed() && key.startsWith(prefix);

const isDue = (moment: EpochMs | null, holds: (moment: EpochMs) => boolean): boolean =>
  moment !== null && holds(moment);

import type { TimerOrder } from '#engine';
import type { TimerCondition } from '#timer';
import { statusCodes } from '../log/state-row.js';
import { momentText, type Parameters } from './parameters.js';
import { isStorable, prefixEnd } from './text.js';

/** A condition as SQL over `timer_spec p` and `timer_state s`; says which of the two it needs. */
export interface ConditionSql {
  readonly text: string;
  readonly usesSpec: boolean;
  readonly usesState: boolean;
}

/**
 * True for the timers that `matches` says, false for all others and never null: `not` may stand before any part of it.
 * Each part can be searched by an index where there is one for it.
 */
export function conditionSql(condition: TimerCondition, parameters: Parameters): ConditionSql {
  const text = partsOf(condition, parameters).join(' and ') || 'true';
  return { text, usesSpec: /\bp\./.test(text), usesState: /\bs\./.test(text) };
}

/** What of a condition an index has together with the order: those that meet it are neighbours. */
export function orderingPart(
  order: Exclude<TimerOrder, 'nextFireTime'>,
  { id, parentId, hookClass, namespace, key, keyPrefix }: TimerCondition,
  parameters: Parameters,
): string {
  const parts = order === 'id' ? { id, parentId, hookClass } : { namespace, key, keyPrefix };
  const given = Object.entries(parts).filter(([, value]) => value !== undefined);
  return conditionSql(Object.fromEntries(given) as TimerCondition, parameters).text;
}

function partsOf(condition: TimerCondition, parameters: Parameters): string[] {
  const { namespace, key, keyPrefix, tags, hookClass, enable, givenUp } = condition;
  const equals = (column: string, value: string | undefined): string[] => {
    if (value === undefined) return [];
    return [isStorable(value) ? `${column} = ${parameters.add(value, 'text')}` : 'false'];
  };
  return [
    ...idPart(condition, parameters),
    ...equals('p.namespace', namespace),
    ...equals('p.key', key),
    ...(keyPrefix === undefined ? [] : [prefixPart(keyPrefix, parameters)]),
    ...(tags === undefined ? [] : [tagsPart(tags, parameters)]),
    ...equals('p.hook_class', hookClass),
    ...parentPart(condition, parameters),
    ...statusPart(condition, parameters),
    ...(enable === undefined ? [] : [enable ? 'p.enable' : 'not p.enable']),
    ...(givenUp === undefined ? [] : [givenUp ? givenUpText : `not ${givenUpText}`]),
    ...duePart(condition, parameters),
    ...nestedParts(condition, parameters),
  ];
}

const uuidForm = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** By the table's own column in a list, so that the id serves whichever table is read first. */
function idPart({ id }: TimerCondition, parameters: Parameters): string[] {
  if (id === undefined) return [];
  return [uuidForm.test(id) ? `p.id = ${parameters.add(id, 'uuid')}` : 'false'];
}

/** Most timers are nobody's child: false for them, rather than unknown. */
function parentPart({ parentId }: TimerCondition, parameters: Parameters): string[] {
  if (parentId === undefined) return [];
  if (!uuidForm.test(parentId)) return ['false'];
  return [`(p.parent_id is not null and p.parent_id = ${parameters.add(parentId, 'uuid')})`];
}

/** Keys are compared by their bytes, so those with a prefix lie in one range of the index. */
function prefixPart(prefix: string, parameters: Parameters): string {
  if (!isStorable(prefix)) return 'false';
  if (prefix === '') return 'true';
  const from = `p.key >= ${parameters.add(prefix, 'text')}`;
  const end = prefixEnd(prefix);
  return end === null ? from : `(${from} and p.key < ${parameters.add(end, 'text')})`;
}

function tagsPart(tags: readonly string[], parameters: Parameters): string {
  if (tags.length === 0) return 'true';
  return tags.every(isStorable) ? `p.tags @> ${parameters.add(tags, 'text[]')}` : 'false';
}

function statusPart({ status }: TimerCondition, parameters: Parameters): string[] {
  if (status === undefined) return [];
  if (status.length === 0) return ['false'];
  const codes = [...new Set(status)].map((each) => statusCodes[each]);
  const [only] = codes;
  return codes.length === 1
    ? [`s.status = ${parameters.add(only, 'smallint')}`]
    : [`s.status = any(${parameters.add(codes, 'smallint[]')})`];
}

/**
 * As the index on them says it, and false rather than unknown without an `extra`. Quotes within payloads are escaped, so these
 * characters stand where a field of that name does, and nowhere else.
 */
const givenUpText = `(s.extra is not null and s.extra like '%"givenUp":{%')`;

/** A timer without a next time is not due, rather than unknown. */
function duePart({ dueFrom, dueBefore }: TimerCondition, parameters: Parameters): string[] {
  if (dueFrom === undefined && dueBefore === undefined) return [];
  const bounds = ['s.next_fire_at is not null'];
  if (dueFrom !== undefined)
    bounds.push(`s.next_fire_at >= ${parameters.add(momentText(dueFrom), 'timestamptz')}`);
  if (dueBefore !== undefined)
    bounds.push(`s.next_fire_at < ${parameters.add(momentText(dueBefore), 'timestamptz')}`);
  return [`(${bounds.join(' and ')})`];
}

function nestedParts({ and, or, not }: TimerCondition, parameters: Parameters): string[] {
  const nested = (child: TimerCondition): string => `(${conditionSql(child, parameters).text})`;
  return [
    ...(and ?? []).map(nested),
    ...(or === undefined ? [] : [or.length === 0 ? 'false' : `(${or.map(nested).join(' or ')})`]),
    ...(not === undefined ? [] : [`not ${nested(not)}`]),
  ];
}

import { type ListQuery, parseCondition, type WatchQuery } from '#contract';
import type { TimerCondition } from '#timer';
import { problem } from '../http/problem-error.js';

type Parts = Omit<ListQuery, 'order' | 'limit' | 'after'>;

/** The condition that a query string spells out. */
export function conditionOf(query: Parts): TimerCondition {
  const { tag, id, ...same } = query;
  const parts = { ...same, ...(id !== undefined && { id }), ...(tag !== undefined && { tags: tag }) };
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as TimerCondition;
}

/** Of a watch: `condition` as JSON, or the single parameters. @throws ProblemError */
export function watchedCondition({ condition, include: _, ...parts }: WatchQuery): TimerCondition {
  if (condition === undefined) return conditionOf(parts);
  if (Object.keys(parts).length > 0)
    throw problem('invalid-condition', '`condition` stands in place of the single parameters', {
      field: 'condition',
    });
  return readCondition(jsonOf(condition));
}

/** @throws ProblemError that names the part */
export function readCondition(json: unknown): TimerCondition {
  const read = parseCondition(json);
  if (read.ok) return read.condition;
  const field = ['condition', read.field].filter((part) => part !== '').join('.');
  throw problem('invalid-condition', `${field}: ${read.message}`, { field });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw problem('invalid-condition', 'condition is not JSON', { field: 'condition' });
  }
}

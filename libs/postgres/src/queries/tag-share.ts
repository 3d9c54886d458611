import type { TimerCondition } from '#timer';
import { statement } from '../connection/statement.js';
import type { Reads } from './read-pool.js';
import { isStorable } from './text.js';

const { text: sampleSql } = statement('sample-tags');
const runs = 8;
const runTimers = 128;
/** Of a sample of some thousand: half a percent, where reading all that are tagged costs as much as walking past those that are not. */
const manyHitsMin = 5;

/** How many timers have some tags, by a sample taken now. */
export interface TagShare {
  /** Of all timers, 0 to 1. */
  readonly share: number;
  /** Few enough to look at each of them. */
  readonly isSmall: boolean;
}

export async function readTagShare(reads: Reads, tags: readonly string[]): Promise<TagShare> {
  const [row] = await reads.rows(sampleSql, [tags, runs, runTimers]);
  const [hits, sampled] = [Number(row?.[0]), Number(row?.[1])];
  return { share: hits / Math.max(1, sampled), isSmall: hits < manyHitsMin };
}

/** Every timer that meets the condition has all of these. None if no timer can have one of them: such a condition costs nothing. */
export function requiredTags({ tags = [], and = [] }: TimerCondition): readonly string[] {
  const all = [...new Set([...tags, ...and.flatMap(requiredTags)])];
  return all.every(isStorable) ? all : [];
}

export function withoutRequiredTags({ tags: _, ...condition }: TimerCondition): TimerCondition {
  const { and } = condition;
  return and === undefined ? condition : { ...condition, and: and.map(withoutRequiredTags) };
}

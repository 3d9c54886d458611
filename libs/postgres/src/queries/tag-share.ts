import type { TimerCondition } from '#timer';
import { statement } from '../connection/statement.js';
import type { Reads } from './read-pool.js';
import { isStorable } from './text.js';

const { text: sampleSql } = statement('sample-tags');
const runs = 8;
const runTimers = 128;
const fewHitsBelow = 5;
const manyHitsFrom = 26;

/** How many timers have some tags, by a sample of some thousand that is taken now. */
export interface TagShare {
  /** Of all timers, 0 to 1. */
  readonly share: number;
  /**
   * None of the sample: looking at each of them is the shortest way. Few, up to half a percent: a walk reads no more than that, and rows that
   * lie together. Many, one in forty: a short walk meets a page of them. In between the planner knows as much.
   */
  readonly size: 'rare' | 'few' | 'middling' | 'many';
}

export async function readTagShare(reads: Reads, tags: readonly string[]): Promise<TagShare> {
  const [row] = await reads.rows(sampleSql, [tags, runs, runTimers]);
  const [hits, sampled] = [Number(row?.[0]), Number(row?.[1])];
  return { share: hits / Math.max(1, sampled), size: sizeOf(hits) };
}

function sizeOf(hits: number): TagShare['size'] {
  if (hits === 0) return 'rare';
  if (hits < fewHitsBelow) return 'few';
  return hits < manyHitsFrom ? 'middling' : 'many';
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

import type { TimerCondition, TimerId } from '#timer';
import { statement } from '../connection/statement.js';
import type { Reads } from './read-pool.js';
import { isStorable } from './text.js';

const { text: sampleSql } = statement('sample-tags');
const places = 128;
const placeTimers = 8;
const rarePlacesMax = 1;
const fewHitsBelow = 5;
const manyHitsFrom = 26;

/** How many timers have some tags, and where they begin, by a sample of some thousand that is taken now. */
export interface TagShare {
  /** Of all timers, 0 to 1. */
  readonly share: number;
  /**
   * Rare, met at one place of the sample at most: looking at each of them is the shortest way. Few, up to half a percent: a walk reads no more
   * than that, and rows that lie together. Many, one in forty: a short walk meets a page of them. In between the planner knows as much.
   */
  readonly size: 'rare' | 'few' | 'middling' | 'many';
  /** More timers lie before the next one that has them than have them at all, and that is not by chance: a walk by id meets none for long. */
  readonly isFar: boolean;
}

/** @param after whose next ones are asked for in the order of ids; null: the first */
export async function readTagShare(
  reads: Reads,
  tags: readonly string[],
  after: TimerId | null,
): Promise<TagShare> {
  const [row = []] = await reads.rows(sampleSql, [tags, places, placeTimers, after]);
  const [sampled = 0, hits = 0, placesHit = 0, passed = 0] = row.map(Number);
  const share = hits / Math.max(1, sampled);
  return {
    share,
    size: sizeOf(hits, placesHit),
    isFar: isFar(share, passed / Math.max(1, sampled), placesHit),
  };
}

function sizeOf(hits: number, placesHit: number): TagShare['size'] {
  if (placesHit <= rarePlacesMax) return 'rare';
  if (hits < fewHitsBelow) return 'few';
  return hits < manyHitsFrom ? 'middling' : 'many';
}

/** Tags that are spread evenly leave a gap like this once in so many samples. */
const chanceMax = 0.01;

/** Neighbours often have the same tags, so each place counts once. */
function isFar(share: number, gap: number, placesHit: number): boolean {
  return gap > share && (1 - gap) ** placesHit <= chanceMax;
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

/** Every timer that has the required tags meets the condition. */
export function asksForTagsAlone({ tags: _, and = [], ...others }: TimerCondition): boolean {
  return Object.keys(others).length === 0 && and.every(asksForTagsAlone);
}

import { type PagePosition, pageBytesMax, type TimerOrder } from '#engine';
import type { TimerCondition, TimerState } from '#timer';
import { type StateRow, stateFromRow } from '../log/state-row.js';
import {
  type Bounds,
  clocklessQuery,
  countQuery,
  dueBySlotQuery,
  dueQuery,
  estimateQuery,
  listQuery,
  type Query,
  walkQuery,
} from './list-sql.js';
import type { Reads } from './read-pool.js';
import { asksForTagsAlone, readTagShare, requiredTags, withoutRequiredTags } from './tag-share.js';
import { allTimersTagged, everyTimer, type TimerSourceOf, timersTagged } from './timer-source.js';

export interface PageQuestion {
  readonly order: TimerOrder;
  readonly condition: TimerCondition;
  readonly after: PagePosition | null;
  readonly limit: number;
}

export interface Page {
  readonly timers: readonly TimerState[];
  readonly hasMore: boolean;
}

interface BoundedPage extends Page {
  /** What was looked at is too little to make this page. */
  readonly isCut: boolean;
}

/** Which timers to look at, and how many with a next time are expected to match. */
interface Way {
  readonly source: TimerSourceOf;
  readonly expectedMatches: () => Promise<number>;
}

/** Where the source has none but what meets the condition: to look at the tags of 50,000 timers again takes as long as to find them. */
const anyOfSource: TimerCondition = {};

/** A walk reads half a µs of rows that lie together for each timer: 25 ms at most. */
const walkedMax = 50_000;
/** For each timer of a page, where many have the tags. */
const walkedForEach = 40;

/**
 * What tags cost is not left to the planner's guess: a sample says how many timers have them, and so what answers with few reads. Only where
 * that does not suffice, or the planner is no worse off, does it choose.
 */
export async function readPage(reads: Reads, question: PageQuestion): Promise<Page> {
  const { order, condition, after, limit } = question;
  const tags = requiredTags(condition);
  if (tags.length === 0)
    return pageBy({ source: everyTimer, expectedMatches: () => expected(reads, condition) }, reads, question);
  const { share, size, isFar } = await readTagShare(reads, tags, after?.order === 'id' ? after.id : null);
  const bounds = { limit, bytes: pageBytesMax };
  if (isFar && order === 'id' && asksForTagsAlone(condition))
    return run(reads, listQuery(order, anyOfSource, after, bounds, allTimersTagged(tags)));
  const all = () => pageBy({ source: timersTagged(tags), expectedMatches: async () => 0 }, reads, question);
  const walk = (reach: number) => async () =>
    order === 'nextFireTime' ? unanswered : run(reads, walkQuery(order, condition, after, bounds, reach));
  const attempts = {
    rare: [all],
    few: [walk(walkedMax), all],
    middling: [],
    many: [walk(Math.min(walkedForEach * (limit + 1), walkedMax))],
  };
  for (const attempt of attempts[size]) {
    const page = await attempt();
    if (!page.isCut) return page;
  }
  const others = withoutRequiredTags(condition);
  const expectedMatches = async () => share * (await expected(reads, others));
  return pageBy({ source: everyTimer, expectedMatches }, reads, question);
}

async function pageBy(way: Way, reads: Reads, question: PageQuestion): Promise<BoundedPage> {
  const { order, condition, after, limit } = question;
  const bounds = { limit, bytes: pageBytesMax };
  if (order !== 'nextFireTime') return run(reads, listQuery(order, condition, after, bounds, way.source));
  const isPastTheDue = after?.order === 'nextFireTime' && after.nextFireAt === null;
  const due = isPastTheDue ? noTimers : await dueBy(way, reads, question, bounds);
  const asksForDue = condition.dueFrom !== undefined || condition.dueBefore !== undefined;
  if (due.hasMore || due.isCut || asksForDue) return due;
  const room = limit - due.timers.length;
  const rest = { limit: Math.max(1, room), bytes: Math.max(1, pageBytesMax - bytesOf(due.timers)) };
  const clockless = await run(reads, clocklessQuery(condition, after, rest, way.source));
  // a page that is full by now only learns whether there is more
  if (room === 0) return { ...due, hasMore: clockless.timers.length > 0, isCut: clockless.isCut };
  return { ...clockless, timers: [...due.timers, ...clockless.timers] };
}

const noTimers: BoundedPage = { timers: [], hasMore: false, isCut: false };
const unanswered: BoundedPage = { ...noTimers, isCut: true };

/**
 * Below this many expected matches they are all sorted; above, enough of each slot match for a merge to find the first
 * few soon. The two cost the same where matches² = 256 slots × share × timers: thirty thousand of a million.
 */
const sortedMatchesMax = 30_000;

async function dueBy(
  way: Way,
  reads: Reads,
  { condition, after }: PageQuestion,
  bounds: Bounds,
): Promise<BoundedPage> {
  const { dueFrom: _from, dueBefore: _before, ...others } = condition;
  const isRangeAlone = Object.keys(others).length === 0;
  if (!isRangeAlone && (await way.expectedMatches()) <= sortedMatchesMax)
    return run(reads, dueQuery(condition, after, bounds, way.source));
  // slots are spread evenly: few of them hold more than a multiple of their share of a page
  for (let share = Math.ceil((bounds.limit / 256) * 4) + 2; ; share = Math.min(share * 8, bounds.limit + 1)) {
    const page = await run(reads, dueBySlotQuery(condition, after, bounds, share));
    if (!page.isCut || share > bounds.limit) return { ...page, isCut: false };
  }
}

/** Up to `max`, and one more if there are more. */
export async function readCount(reads: Reads, condition: TimerCondition, max: number): Promise<number> {
  for (const [asked, source] of await waysToCount(reads, condition)) {
    const { text, values } = countQuery(asked, max, source);
    const [row] = await reads.rows(text, values);
    const [count, isCut] = row ?? [];
    if (isCut !== true) return Number(count ?? 0);
  }
  return 0;
}

async function waysToCount(
  reads: Reads,
  condition: TimerCondition,
): Promise<readonly (readonly [TimerCondition, TimerSourceOf])[]> {
  const tags = requiredTags(condition);
  if (tags.length === 0) return [[condition, everyTimer]];
  const { size, isFar } = await readTagShare(reads, tags, null);
  if (isFar && asksForTagsAlone(condition)) return [[anyOfSource, allTimersTagged(tags)]];
  const every = [condition, everyTimer] as const;
  return size === 'rare' || size === 'few' ? [[condition, timersTagged(tags)], every] : [every];
}

async function expected(reads: Reads, condition: TimerCondition): Promise<number> {
  const { text, values } = estimateQuery(condition);
  const [row] = await reads.rows(text, values);
  const plans = (row?.[0] ?? []) as readonly { readonly Plan: { readonly 'Plan Rows': number } }[];
  return plans[0]?.Plan['Plan Rows'] ?? 0;
}

async function run(reads: Reads, { text, values }: Query): Promise<BoundedPage> {
  const rows = await reads.rows(text, values);
  const [found, isCut] = rows[0]?.slice(-2) ?? [];
  const timers = rows.filter(([id]) => id !== null).map((row) => stateFromRow(row as unknown as StateRow));
  return { timers, hasMore: Number(found ?? 0) > timers.length, isCut: isCut === true };
}

const bytesOf = (timers: readonly TimerState[]): number =>
  timers.reduce(
    (sum, { spec, summary }) => sum + (spec.data?.text.length ?? 0) + (summary?.text.length ?? 0),
    0,
  );

import { type PagePosition, pageBytesMax, type TimerOrder } from '#engine';
import type { TimerCondition, TimerState } from '#timer';
import { type StateRow, stateFromRow } from '../log/state-row.js';
import {
  type Bounds,
  clocklessQuery,
  dueBySlotQuery,
  dueQuery,
  estimateQuery,
  listQuery,
  type Query,
} from './list-sql.js';
import type { ReadPool } from './read-pool.js';

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

export async function readPage(pool: ReadPool, question: PageQuestion): Promise<Page> {
  const { order, condition, after, limit } = question;
  const bounds = { limit, bytes: pageBytesMax };
  if (order !== 'nextFireTime') return run(pool, listQuery(order, condition, after, bounds));
  const isPastTheDue = after?.order === 'nextFireTime' && after.nextFireAt === null;
  const due = isPastTheDue ? { timers: [], hasMore: false } : await readDue(pool, question, bounds);
  const asksForDue = condition.dueFrom !== undefined || condition.dueBefore !== undefined;
  if (due.hasMore || asksForDue) return due;
  const room = limit - due.timers.length;
  const rest = { limit: Math.max(1, room), bytes: Math.max(1, pageBytesMax - bytesOf(due.timers)) };
  const clockless = await run(pool, clocklessQuery(condition, after, rest));
  // a page that is full by now only learns whether there is more
  if (room === 0) return { timers: due.timers, hasMore: clockless.timers.length > 0 };
  return { timers: [...due.timers, ...clockless.timers], hasMore: clockless.hasMore };
}

/**
 * Below this many expected matches they are all sorted; above, enough of each slot match for a merge to find the first
 * few soon. The two cost the same where matches² = 256 slots × share × timers: thirty thousand of a million.
 */
const sortedMatchesMax = 30_000;

async function readDue(pool: ReadPool, question: PageQuestion, bounds: Bounds): Promise<Page> {
  const { condition, after } = question;
  const { dueFrom: _from, dueBefore: _before, ...others } = condition;
  const isRangeAlone = Object.keys(others).length === 0;
  if (!isRangeAlone && (await expectedMatches(pool, condition)) <= sortedMatchesMax)
    return run(pool, dueQuery(condition, after, bounds));
  // slots are spread evenly: few of them hold more than a multiple of their share of a page
  for (let share = Math.ceil((bounds.limit / 256) * 4) + 2; ; share = Math.min(share * 8, bounds.limit + 1)) {
    const page = await run(pool, dueBySlotQuery(condition, after, bounds, share));
    if (!page.isCut || share > bounds.limit) return page;
  }
}

async function expectedMatches(pool: ReadPool, condition: TimerCondition): Promise<number> {
  const { text, values } = estimateQuery(condition);
  const [row] = await pool.rows(text, values);
  const plans = (row?.[0] ?? []) as readonly { readonly Plan: { readonly 'Plan Rows': number } }[];
  return plans[0]?.Plan['Plan Rows'] ?? 0;
}

async function run(pool: ReadPool, { text, values }: Query): Promise<Page & { readonly isCut: boolean }> {
  const rows = await pool.rows(text, values);
  const [found, isCut] = rows[0]?.slice(-2) ?? [0, false];
  const timers = rows.map((row) => stateFromRow(row as unknown as StateRow));
  return { timers, hasMore: Number(found) > timers.length, isCut: isCut === true };
}

const bytesOf = (timers: readonly TimerState[]): number =>
  timers.reduce(
    (sum, { spec, summary }) => sum + (spec.data?.text.length ?? 0) + (summary?.text.length ?? 0),
    0,
  );

import {
  type EpochMs,
  slotOf,
  slotOfTimerId,
  type TimerCondition,
  type TimerId,
  type TimerState,
} from '#timer';
import type { ByDatabase } from '../log/databases.js';
import { comparePositions, positionOf, writeCursor } from './cursor.js';
import { naturalOrder } from './natural-order.js';
import {
  type HistoryPage,
  type HistoryRange,
  type PageRequest,
  type PastState,
  pageBytesMax,
  pageLimitMax,
  type TimerCount,
  type TimerOrder,
  type TimerPage,
  type TimerQueries,
} from './timer-queries.js';

/**
 * The timers of several databases as one collection. A timer's name or id says where it lies; a list asks all of them for
 * what follows one place in the order and merges, so a cursor is the same as for one database. An answer is of one moment
 * in each.
 */
export class MergedTimerQueries implements TimerQueries {
  constructor(private readonly databases: ByDatabase<TimerQueries>) {}

  byId(timerId: TimerId): Promise<TimerState | null> {
    return this.#ofId(timerId).byId(timerId);
  }

  byKey(namespace: string, key: string): Promise<TimerState | null> {
    return this.#ofName(namespace, key).byKey(namespace, key);
  }

  async list(condition: TimerCondition, page: PageRequest): Promise<TimerPage> {
    const { order = naturalOrder(condition) } = page;
    const limit = Math.min(page.limit, pageLimitMax);
    const pages = await Promise.all(
      this.databases.all.map((queries) => queries.list(condition, { ...page, order, limit })),
    );
    const { timers, hasMore } = merged(pages, order, limit);
    const last = timers.at(-1);
    const next = hasMore && last !== undefined ? writeCursor(condition, positionOf(order, last)) : null;
    return { timers, next };
  }

  async count(condition: TimerCondition, max: number): Promise<TimerCount> {
    const counts = await Promise.all(this.databases.all.map((queries) => queries.count(condition, max)));
    const count = counts.reduce((sum, one) => sum + one.count, 0);
    return { count: Math.min(count, max), isExact: count <= max && counts.every(({ isExact }) => isExact) };
  }

  history(timerId: TimerId, range: HistoryRange, limit: number): Promise<HistoryPage> {
    return this.#ofId(timerId).history(timerId, range, limit);
  }

  stateAtVersion(timerId: TimerId, version: number): Promise<PastState> {
    return this.#ofId(timerId).stateAtVersion(timerId, version);
  }

  stateAtMoment(timerId: TimerId, at: EpochMs): Promise<PastState> {
    return this.#ofId(timerId).stateAtMoment(timerId, at);
  }

  lastIdOf(namespace: string, key: string): Promise<TimerId | null> {
    return this.#ofName(namespace, key).lastIdOf(namespace, key);
  }

  #ofId(timerId: TimerId): TimerQueries {
    return this.databases.of(slotOfTimerId(timerId));
  }

  #ofName(namespace: string, key: string): TimerQueries {
    return this.databases.of(slotOf(namespace, key));
  }
}

interface Merged {
  readonly timers: readonly TimerState[];
  readonly hasMore: boolean;
}

/** The first of them in their order, as far as each page reaches: what follows a page that was cut is not known yet. */
function merged(pages: readonly TimerPage[], order: TimerOrder, limit: number): Merged {
  const found = pages
    .flatMap(({ timers, next }) =>
      timers.map((state, index) => ({
        state,
        at: positionOf(order, state),
        endsCut: next !== null && index === timers.length - 1,
      })),
    )
    .sort((a, b) => comparePositions(a.at, b.at));
  let bytes = 0;
  const end = found.findIndex(({ state, endsCut }, index) => {
    bytes += payloadBytes(state);
    return endsCut || index + 1 === limit || bytes >= pageBytesMax;
  });
  const timers = (end === -1 ? found : found.slice(0, end + 1)).map(({ state }) => state);
  return { timers, hasMore: timers.length < found.length || pages.some(({ next }) => next !== null) };
}

const payloadBytes = ({ spec, summary, open }: TimerState): number =>
  [spec.data, summary, open?.data].reduce((sum, payload) => sum + Buffer.byteLength(payload?.text ?? ''), 0);

import {
  type HistoryPage,
  type HistoryRange,
  naturalOrder,
  type PagePosition,
  type PageRequest,
  type PastState,
  pageLimitMax,
  positionOf,
  readCursor,
  type TimerCount,
  type TimerPage,
  type TimerQueries,
  writeCursor,
} from '#engine';
import {
  type EpochMs,
  laterBy,
  type TimerCondition,
  type TimerId,
  type TimerState,
  wholeState,
} from '#timer';
import { statement } from '../connection/statement.js';
import { type StateRow, stateFromRow } from '../log/state-row.js';
import { readHistoryPage, readPast } from './histories.js';
import { readCount, readPage } from './pages.js';
import type { ReadPool } from './read-pool.js';
import { isStorable } from './text.js';

const { text: byIdSql } = statement('query-by-id');
const { text: archivedSql } = statement('query-archived');
const { text: byKeySql } = statement('query-by-key');
const { text: lastIdSql } = statement('query-last-id');

/** The queries on Postgres. Each answer but a long fold is one statement, so it is of one moment; nothing is locked. */
export class PostgresTimerQueries implements TimerQueries {
  constructor(private readonly pool: ReadPool) {}

  async byId(timerId: TimerId): Promise<TimerState | null> {
    return (await this.#one(byIdSql, [timerId])) ?? this.#archived(timerId);
  }

  async byKey(namespace: string, key: string): Promise<TimerState | null> {
    return isStorable(namespace) && isStorable(key) ? this.#one(byKeySql, [namespace, key]) : null;
  }

  async list(condition: TimerCondition, page: PageRequest): Promise<TimerPage> {
    const { order = naturalOrder(condition) } = page;
    const after: PagePosition | null = page.after === null ? null : readCursor(page.after, condition, order);
    const limit = Math.min(page.limit, pageLimitMax);
    const { timers, hasMore } = await readPage(this.pool, { order, condition, after, limit });
    const last = timers.at(-1);
    const next = hasMore && last !== undefined ? writeCursor(condition, positionOf(order, last)) : null;
    return { timers, next };
  }

  async count(condition: TimerCondition, max: number): Promise<TimerCount> {
    const count = await readCount(this.pool, condition, max);
    return { count: Math.min(count, max), isExact: count <= max };
  }

  history(timerId: TimerId, range: HistoryRange, limit: number): Promise<HistoryPage> {
    return readHistoryPage(this.pool, timerId, range, limit);
  }

  async stateAtVersion(timerId: TimerId, version: number): Promise<PastState> {
    const present = await this.byId(timerId);
    if (present?.version === version) return { kind: 'state', state: present };
    const past = await readPast(this.pool, timerId, { upToVersion: version });
    return past.kind === 'state' && past.state.version !== version ? { kind: 'absent' } : past;
  }

  /** The database stamps in microseconds, a moment is a whole millisecond and holds all that is stamped within it. */
  stateAtMoment(timerId: TimerId, at: EpochMs): Promise<PastState> {
    return readPast(this.pool, timerId, { before: laterBy(at, 1) });
  }

  async lastIdOf(namespace: string, key: string): Promise<TimerId | null> {
    if (!isStorable(namespace) || !isStorable(key)) return null;
    const rows = await this.pool.rows(lastIdSql, [namespace, key]);
    return (rows[0]?.[0] as TimerId | undefined) ?? null;
  }

  async #archived(timerId: TimerId): Promise<TimerState | null> {
    const [row] = await this.pool.rows(archivedSql, [timerId]);
    return row === undefined ? null : wholeState(JSON.parse(String(row[0])) as TimerState);
  }

  async #one(text: string, values: readonly unknown[]): Promise<TimerState | null> {
    const [row] = await this.pool.rows(text, values);
    return row === undefined ? null : stateFromRow(row as unknown as StateRow);
  }
}

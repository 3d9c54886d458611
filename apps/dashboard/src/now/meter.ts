import type { Told } from '../api/types.ts';
import { latenessMs } from '../timer/story.ts';

/** Upper bounds of lateness, ms, the last one open. */
export const latenessBoundsMs = [10, 50, 100, 500, 1_000, 5_000, Number.POSITIVE_INFINITY] as const;
export const columnMs = 5_000;
export const columnsKept = 60;

export interface Column {
  readonly startMs: number;
  readonly fires: number;
  readonly retries: number;
  readonly givenUp: number;
  readonly closes: number;
  /** Fires in each class of lateness. */
  readonly lateness: readonly number[];
}

const empty = (startMs: number): Column => ({
  startMs,
  fires: 0,
  retries: 0,
  givenUp: 0,
  closes: 0,
  lateness: latenessBoundsMs.map(() => 0),
});
/** An attempt that nobody answered in time; one that failed has been told as such. */
const isUnanswered = (type: string, { reason }: Readonly<Record<string, unknown>>): boolean =>
  type === 'EventRedelivered' && (reason === 'ack-timeout' || reason === 'unheard');
const startOf = (ms: number): number => Math.floor(ms / columnMs) * columnMs;

/** What was told in the last five minutes, five seconds at a time; it holds no more than that. */
export class Meter {
  readonly #columns = new Map<number, Column>();
  /** Lateness of the last fires, ms. */
  #recent: number[] = [];
  /** The first moment from which on nothing was missed. */
  #sinceMs: number;

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** Some was missed before this moment: fires a second are counted from here. */
  goOnFrom(ms: number): void {
    this.#sinceMs = ms;
  }

  tell({ type, data, recordedAt }: Pick<Told, 'type' | 'data' | 'recordedAt'>, nowMs: number): void {
    const start = startOf(Math.min(Date.parse(recordedAt), nowMs));
    if (start < startOf(nowMs) - columnMs * columnsKept) return;
    const column = this.#columns.get(start) ?? empty(start);
    this.#columns.set(start, this.#with(column, type, data));
    for (const old of this.#columns.keys())
      if (old < startOf(nowMs) - columnMs * columnsKept) this.#columns.delete(old);
  }

  #with(column: Column, type: string, data: Readonly<Record<string, unknown>>): Column {
    if (type === 'EventRetryScheduled' || isUnanswered(type, data))
      return { ...column, retries: column.retries + 1 };
    if (type === 'EventGivenUp') return { ...column, givenUp: column.givenUp + 1 };
    if (type === 'EventClosed') return { ...column, closes: column.closes + 1 };
    if (type !== 'EventTriggered') return column;
    const ms = typeof data.manualRequestId === 'string' ? null : latenessMs(data);
    if (ms === null) return { ...column, fires: column.fires + 1 };
    this.#recent = [...this.#recent.slice(-999), ms];
    const at = latenessBoundsMs.findIndex((bound) => ms <= bound);
    const lateness = column.lateness.map((count, index) => (index === at ? count + 1 : count));
    return { ...column, fires: column.fires + 1, lateness };
  }

  /** All columns up to now, the oldest first, quiet ones too. */
  columns(nowMs: number): readonly Column[] {
    const last = startOf(nowMs);
    return Array.from({ length: columnsKept }, (_, index) => {
      const start = last - (columnsKept - 1 - index) * columnMs;
      return this.#columns.get(start) ?? empty(start);
    });
  }

  /** Over the last half minute, or since the counting began. */
  firesPerSecond(nowMs: number): number {
    const columns = this.columns(nowMs).slice(-6);
    const fromMs = Math.max(columns[0]?.startMs ?? nowMs, this.#sinceMs);
    const fires = columns.reduce((sum, column) => sum + column.fires, 0);
    return fires / Math.max(1, (nowMs - fromMs) / 1_000);
  }

  /** The lateness that this share of the last thousand fires kept within, ms; null: none has been seen. */
  latenessWithin(share: number): number | null {
    const sorted = this.#recent.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  }

  total(what: 'retries' | 'givenUp' | 'closes', nowMs: number): number {
    return this.columns(nowMs).reduce((sum, column) => sum + column[what], 0);
  }
}
